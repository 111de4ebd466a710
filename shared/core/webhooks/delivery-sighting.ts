import { createHash } from 'node:crypto';
import type { DeliveryDocument } from '../documents/delivery.ts';
import type { Sighting } from '../observation.ts';

/**
 * When the payload of a delivery was seen, to be compared with other looks at its records: the millisecond of its arrival, and within one the order
 * of arrivals. A replay is no newer than what it repeats.
 */
export function payloadSighting({ id, arrival, receivedAt, replay }: DeliveryDocument): Sighting {
  return { executionId: id, page: orderWithinMs(arrival), fence: Date.parse(replay?.seenAt ?? receivedAt) };
}

/** When records were fetched for a delivery. */
export function fetchSighting({ id, arrival }: DeliveryDocument, fetchedAtMs: number): Sighting {
  return { executionId: id, page: orderWithinMs(arrival), fence: fetchedAtMs };
}

/** Arrivals sort by time first; what follows the time orders those of one millisecond, the same for everybody who asks. */
function orderWithinMs(arrival: string): number {
  const rest = arrival.slice(arrival.indexOf('_') + 11);
  let order = 0;
  for (const letter of rest.slice(0, 6)) order = order * 32 + '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(letter);
  return Math.max(0, order);
}

/** What a delivery is about, as lists filter by it. */
export function recordKeyOf(object: string, externalId: string): string {
  const key = `${object}/${externalId}`;
  return key.length <= longestKey ? key : `${object}/${createHash('sha256').update(externalId).digest('hex')}`;
}

const longestKey = 256;
