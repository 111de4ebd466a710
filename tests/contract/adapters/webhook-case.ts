import type { AdapterCase } from './contract-suite.ts';

export const webhookCase: AdapterCase = {
  settings: () => ({ events: [{ object: 'orders', when: [{ field: 'type', oneOf: ['order.created'] }] }] }),
  credential: { kind: 'none' },
  isSilent: true,
  provider: () => ({ status: 404 }),
  object: 'orders',
  ids: [],
  pageSize: 1,
};
