import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { isDue } from '../../core/webhooks/advance-delivery.ts';
import { type DeliverySource, openSource } from './delivery-source.ts';
import { processDelivery } from './process-delivery.ts';
import { type ReadDelivery, readDelivery, recordKeys } from './read-delivery.ts';
import { watchDeliveries } from './watch-deliveries.ts';

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
    await processOfIntegration(deps, scope, await openSource(deps, scope, integrationId), own);
  }
}

async function processOfIntegration(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  deliveries: readonly DeliveryDocument[],
): Promise<void> {
  const inOrder = deliveries.toSorted((left, right) => (left.arrival < right.arrival ? -1 : 1));
  const readings = await Promise.all(inOrder.map((delivery) => look(deps, scope, source, delivery)));
  const storm = stormsOf(readings);
  const lanes = lanesOf(
    inOrder,
    readings.map((reading) => (reading === undefined ? [] : recordKeys(reading))),
  );
  let next = 0;
  const work = async (): Promise<void> => {
    for (let lane = lanes[next++]; lane !== undefined; lane = lanes[next++]) {
      for (const { id } of lane) await processDelivery(deps, scope, source, id, storm);
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: lanesAtOnce }, work));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** What cannot be read has no order to be kept; whoever works on it finds out why. */
async function look(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  delivery: DeliveryDocument,
): Promise<ReadDelivery | undefined> {
  return readDelivery(deps, scope, source, delivery).catch(() => undefined);
}

function stormsOf(readings: readonly (ReadDelivery | undefined)[]): ReadonlySet<string> {
  const named = new Map<string, Set<string>>();
  for (const reading of readings) {
    if (reading?.kind !== 'hints') continue;
    for (const hint of reading.hints) {
      if (hint.kind !== 'record') continue;
      named.set(hint.object, (named.get(hint.object) ?? new Set()).add(hint.externalId));
    }
  }
  return new Set([...named].flatMap(([object, ids]) => (ids.size > stormOfRecords ? [object] : [])));
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
