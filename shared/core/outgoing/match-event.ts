import type { z } from 'zod';
import type { EventType } from '../../contracts/event-schemas.ts';
import type { eventFilter, eventPattern } from '../../contracts/subscriptions.ts';
import type { EventDocument } from '../documents/event.ts';
import type { SubscriptionDocument } from '../documents/subscription.ts';
import { isJsonObject, type Json } from '../json.ts';

export type EventPattern = z.infer<typeof eventPattern>;

type Told = Pick<EventDocument, 'type' | 'at' | 'subject' | 'data'>;

/** `*`, a family such as `sync.*`, or the type itself. */
export function fitsPattern(pattern: EventPattern, type: EventType): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

function fitsFilter(filter: z.infer<typeof eventFilter>, { type, data }: Pick<Told, 'type' | 'data'>): boolean {
  if (!fitsPattern(filter.type, type)) return false;
  if (filter.integrationId === undefined) return true;
  if (data['integrationId'] === filter.integrationId) return true;
  const several = data['integrationIds'];
  return Array.isArray(several) && several.includes(filter.integrationId);
}

/** Whether a subscription is to be told of an event: it is enabled, was so when it happened, and one of its filters fits. */
export function isWanted(
  { enabled, activeSince, events }: Pick<SubscriptionDocument, 'enabled' | 'activeSince' | 'events'>,
  event: Told,
): boolean {
  if (!enabled || Date.parse(event.at) < Date.parse(activeSince)) return false;
  return fitsAny(events, event);
}

export function fitsAny(filters: SubscriptionDocument['events'], event: Pick<Told, 'type' | 'data'>): boolean {
  return filters.some((filter) => fitsFilter(filter, event));
}

/** The value by which an event keeps its order, as a text; `undefined` where the event has none: it waits for nobody. */
export function orderKeyOf(path: string | undefined, event: Told): string | undefined {
  if (path === undefined) return undefined;
  let value: Json | undefined = { type: event.type, subject: event.subject, data: event.data };
  for (const part of path.split('.')) {
    value = value !== undefined && isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
