import { RefusalBook } from '../../shared/azure/refusal-book.ts';
import type { Deps } from '../../shared/core/ports.ts';
import { systemScope } from '../../shared/core/scope.ts';
import { writeRefusals } from '../../shared/use-cases/webhooks/write-refusals.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export interface MemoryRefusals extends Pick<Deps, 'refusals'> {
  /** Stores what was noted of refused webhooks, as time does otherwise. */
  readonly storeRefusals: () => Promise<void>;
}

export function createMemoryRefusals(deps: Parameters<typeof writeRefusals>[0] & Pick<Deps, 'log'>): MemoryRefusals {
  const waiting: (() => Promise<void>)[] = [];
  const refusals = new RefusalBook({
    write: ({ tenantId, integrationId }, noted) =>
      writeRefusals(deps, systemScope(tenantId, 'webhook', traceparent), integrationId, noted),
    later: (_ms, call) => void waiting.push(call),
    log: deps.log,
  });
  const storeRefusals = async (): Promise<void> => {
    for (const call of waiting.splice(0)) await call();
  };
  return { refusals, storeRefusals };
}
