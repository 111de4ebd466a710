import { describe, expect, test } from 'vitest';
import { adapters, findAdapter } from '../../../adapters/registry.ts';
import { type AdapterCase, describeAdapterContract } from './contract-suite.ts';
import { customRestCase } from './custom-rest-case.ts';
import { webhookCase } from './webhook-case.ts';

/** One case a provider: an adapter without one does not pass. */
const cases: Readonly<Record<string, AdapterCase>> = {
  'custom-rest': customRestCase,
  webhook: webhookCase,
};

describe('the list of adapters', () => {
  test('has every provider once, and a case for each', () => {
    const ids = adapters.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(cases).sort()).toEqual([...ids].sort());
  });

  test('finds an adapter by its id, and nothing by another', () => {
    for (const adapter of adapters) expect(findAdapter(adapter.id)).toBe(adapter);
    expect(findAdapter('no-such-provider')).toBeUndefined();
    expect(findAdapter('__proto__')).toBeUndefined();
  });
});

for (const adapter of adapters) {
  const given = cases[adapter.id];
  if (given !== undefined) describeAdapterContract(adapter, given);
}
