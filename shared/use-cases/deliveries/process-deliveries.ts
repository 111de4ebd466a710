import { CorruptDocument } from '../../core/app-error.ts';
import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { isDue } from '../../core/webhooks/advance-delivery.ts';
import { brokenSource, type DeliverySource, openSource } from './delivery-source.ts';
import { processDelivery } from './process-delivery.ts';
import { readDelivery, recordKeys } from './read-delivery.ts';
import { watchDeliveries } from './watch-deliveries.ts';

/** So many bodies, and what they are read into, are in memory at once: each may be of a megabyte, and of ten as data. */
const lanesAtOnce = 8;

/** So many different records of one object, named in one batch, are an import: one incremental run reads them with fewer calls. */
const stormOfRecords = 100;

/**
 * Works on a batch of a tenant's deliveries. Those that share a record are done one after the other, in the order of their arrival; the others beside them.
 *
 * @throws what the stores throw: then the batch is to be given again, and those that are done stay so
 */
export async function processDeliveries(deps: Deps, scope: Scope, ids: readonly string[]): Promise<void> {
  const stored = await deps.deliveries.getMany(
    scope,
    [...new Set(ids)].map((id) => ({ id })),
  );
  const nowMs = deps.now().getTime();
  const due = stored.flatMap((each) => (each !== undefined && isDue(each.document, nowMs) ? [each.document] : []));
  for (const [integrationId, own] of Map.groupBy(due, (delivery) => delivery.integrationId)) {
    await watchDeliveries(deps, scope, integrationId);
    const source = await openSource(deps, scope, integrationId).catch((error: unknown) => {
      if (error instanceof CorruptDocument) return brokenSource(error);
      throw error;
    });
    await processOfIntegration(deps, scope, source, own);
  }
}

async function processOfIntegration(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  deliveries: readonly DeliveryDocument[],
): Promise<void> {
  const inOrder = deliveries.toSorted((left, right) => (left.arrival < right.arrival ? -1 : 1));
  const glances = new Map<string, Glance>();
  await inLanes(inOrder, async (delivery) => {
    glances.set(delivery.id, await glanceAt(deps, scope, source, delivery));
  });
  const storm = stormsOf([...glances.values()]);
  const lanes = lanesOf(
    inOrder,
    inOrder.map(({ id }) => glances.get(id)?.keys ?? []),
  );
  await inLanes(lanes, async (lane) => {
    for (const { id } of lane) await processDelivery(deps, scope, source, id, storm);
  });
}

/** Works on some at a time. What is begun is ended before the first failure is thrown. */
async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: lanesAtOnce }, lane));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** What has to be known of a delivery before its turn, without its payload. */
interface Glance {
  /** The records that it is about. */
  readonly keys: readonly string[];
  /** Objects with the records of them that are to be fetched. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What cannot be read has no order to be kept; whoever works on it finds out why. */
async function glanceAt(deps: Deps, scope: Scope, source: DeliverySource, delivery: DeliveryDocument): Promise<Glance> {
  const named = new Map<string, Set<string>>();
  const reading = await readDelivery(deps, scope, source, delivery).catch(() => undefined);
  if (reading?.kind !== 'hints') return { keys: [], named };
  for (const hint of reading.hints) {
    if (hint.kind !== 'record') continue;
    const ids = named.get(hint.object) ?? new Set();
    // More of them say no more.
    if (ids.size <= stormOfRecords) named.set(hint.object, ids.add(hint.externalId));
  }
  return { keys: recordKeys(reading), named };
}

function stormsOf(glances: readonly Glance[]): ReadonlySet<string> {
  const storms = new Map<string, Set<string>>();
  for (const [object, ids] of glances.flatMap(({ named }) => [...named])) {
    storms.set(object, new Set([...(storms.get(object) ?? []), ...ids]));
  }
  return new Set([...storms].flatMap(([object, ids]) => (ids.size > stormOfRecords ? [object] : [])));
}

/** Deliveries in lanes: those that share a record, directly or by others, are in one, in their order. */
export function lanesOf<T>(items: readonly T[], keysOfItems: readonly (readonly string[])[]): T[][] {
  const lanes: (T[] | undefined)[] = [];
  const laneOf = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const keys = keysOfItems[index] ?? [];
    const met = [...new Set(keys.flatMap((key) => laneOf.get(key) ?? []))];
    const [first = lanes.push([]) - 1, ...others] = met;
    const lane = lanes[first] ?? [];
    for (const other of others) {
      lane.push(...(lanes[other] ?? []));
      lanes[other] = undefined;
      for (const [key, place] of laneOf) if (place === other) laneOf.set(key, first);
    }
    if (others.length > 0) sortAsGiven(lane, items);
    lane.push(item);
    for (const key of keys) laneOf.set(key, first);
  }
  return lanes.flatMap((lane) => (lane === undefined ? [] : [lane]));
}

function sortAsGiven<T>(lane: T[], items: readonly T[]): void {
  lane.sort((left, right) => items.indexOf(left) - items.indexOf(right));
}
