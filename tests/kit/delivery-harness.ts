import type { Adapter } from '../../shared/core/adapter.ts';
import type { DeliveryReading, WebhookHint } from '../../shared/core/adapter-webhooks.ts';
import type { DeliveryDocument } from '../../shared/core/documents/delivery.ts';
import type { Json } from '../../shared/core/json.ts';
import { inlineBody } from '../../shared/core/webhooks/delivery-body.ts';
import { handleDeliveryMessage } from '../../shared/use-cases/deliveries/handle-delivery-message.ts';
import { deliveriesFeed, visitArrivals } from '../../shared/use-cases/deliveries/visit-arrivals.ts';
import { runDueEntries } from '../../shared/use-cases/run-due-entries.ts';
import { visitChanges } from '../../shared/use-cases/visit-changes.ts';
import { workOnSlice } from '../../shared/use-cases/work-on-slice.ts';
import { sampleDelivery } from './sample-delivery.ts';
import { createSyncHarness, type HarnessOptions, type SyncHarness, survive, traceparent } from './sync-harness.ts';

/** A sync harness whose provider sends webhooks: a payload is a list of hints, or a reading as it is. */
export interface DeliveryHarness extends SyncHarness {
  /** What the provider's `fetch` is asked for, by request. */
  readonly fetched: string[][];
  /** Thrown instead of the next fetches. */
  readonly fetchFailures: Error[];
  /** True: the change feed brings nothing any more. */
  feedIsLost: boolean;
  /** Stores a delivery, as the intake does. */
  receive(payload: Json, change?: Partial<DeliveryDocument>): Promise<DeliveryDocument>;
  delivery(id: string): Promise<DeliveryDocument>;
  deliveries(): Promise<DeliveryDocument[]>;
  /** One turn: what the change feed brings, else a message, else the clock moves to what comes next. False when nothing was left to be done. */
  turn(): Promise<boolean>;
  /** Turns until nothing is left to be done; a crashed process is started again. */
  settle(): Promise<void>;
}

/** A record in a payload. */
export const carried = (externalId: string, name: string, more: { version?: number; deleted?: boolean } = {}) =>
  ({
    kind: 'change',
    object: 'people',
    change: { externalId, deleted: more.deleted === true, record: { name, city: 'Ptuj' }, ...versionOf(more.version) },
  }) satisfies WebhookHint;

export const named = (externalId: string) => ({ kind: 'record', object: 'people', externalId }) satisfies WebhookHint;

export const hinted = { kind: 'object', object: 'people' } satisfies WebhookHint;

function versionOf(version: number | undefined): { version?: number } {
  return version === undefined ? {} : { version };
}

export async function createDeliveryHarness(options: HarnessOptions = {}): Promise<DeliveryHarness> {
  const fetched: string[][] = [];
  const fetchFailures: Error[] = [];
  const withWebhooks = (adapter: Adapter<Record<string, string>>): Adapter<Record<string, string>> => ({
    ...adapter,
    objects: () => [{ name: 'people', incremental: true, maxPageSize: 2, fetches: true }],
    readDelivery: async (_settings, { payload }): Promise<DeliveryReading> =>
      Array.isArray(payload)
        ? { kind: 'hints', hints: payload as unknown as WebhookHint[], rejected: [] }
        : (payload as unknown as DeliveryReading),
    fetch: async (_call, { externalIds }) => {
      fetched.push([...externalIds]);
      const failure = fetchFailures.shift();
      if (failure !== undefined) throw failure;
      return externalIds.map((externalId) => {
        const record = sync.provider.records().find(({ id }) => id === externalId);
        if (record === undefined || record.deleted === true) return { kind: 'missing' };
        const { fields, modifiedAt } = record;
        return {
          kind: 'change',
          change: { externalId, deleted: false, record: fields, version: Date.parse(modifiedAt), modifiedAt },
        };
      });
    },
  });
  const sync: SyncHarness = await createSyncHarness({ ...options, adapter: withWebhooks });
  const { deps, scope } = sync;
  const brought = new Map<string, string>();
  const all = () => deps.deliveries.list(scope, { filters: [], orderBy: 'arrival', order: 'ascending', limit: 10_000 });
  const bring = async (): Promise<boolean> => {
    if (harness.feedIsLost) return false;
    const changed = (await all()).filter(({ document, etag }) => brought.get(document.id) !== etag);
    if (changed.length === 0) return false;
    const documents = changed.map(({ document }) => ({ ...document, _etag: 'x', _lsn: 1 }));
    await visitChanges(deps, deliveriesFeed, { documents, invocationId: 'feed', failures: 0 }, (of, arrived) =>
      visitArrivals(deps, of, arrived),
    );
    for (const { document, etag } of changed) brought.set(document.id, etag);
    return true;
  };
  const harness: DeliveryHarness = Object.assign(sync, {
    fetched,
    fetchFailures,
    feedIsLost: false,
    receive: async (payload: Json, change: Partial<DeliveryDocument> = {}) => {
      deps.clock.advance(1);
      const body = inlineBody(Buffer.from(JSON.stringify(payload)));
      if (body === undefined) throw new Error('too large for a test');
      const { integrationId } = await sync.task();
      const document = sampleDelivery('acme', {
        id: deps.newId('delivery'),
        arrival: deps.newId('arrival'),
        receivedAt: deps.now().toISOString(),
        integrationId,
        provider: 'fake',
        body,
        ...change,
      });
      await deps.deliveries.write(scope, { kind: 'create', document });
      return document;
    },
    delivery: async (id: string) => {
      const stored = await deps.deliveries.get(scope, { id });
      if (stored === undefined) throw new Error('the delivery is gone');
      return stored.document;
    },
    deliveries: async () => (await all()).map(({ document }) => document),
    turn: async () => {
      if (await bring()) return true;
      const message = deps.deliveryQueue.receive();
      if (message !== undefined) {
        await handleDeliveryMessage(deps, message.envelope);
        message.complete();
        return true;
      }
      const slice = deps.syncQueue.receive();
      if (slice !== undefined) {
        await workOnSlice(deps, slice.envelope);
        slice.complete();
        return true;
      }
      const due = deps.due.all().map(({ document }) => Date.parse(document.dueAt));
      const next = Math.min(
        ...due,
        deps.deliveryQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
        deps.syncQueue.nextVisibleAtMs ?? Number.POSITIVE_INFINITY,
      );
      if (!Number.isFinite(next)) return false;
      deps.clock.advanceTo(next);
      await runDueEntries(deps, traceparent);
      return true;
    },
    settle: async () => {
      for (let turn = 0; turn < 5_000; turn += 1) {
        if ((await survive(deps, () => harness.turn())) === false) return;
      }
      throw new Error('the deliveries do not come to an end');
    },
  });
  return harness;
}
