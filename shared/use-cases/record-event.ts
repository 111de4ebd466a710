import { createHash } from 'node:crypto';
import { type EventData, type EventType, eventDefinitions } from '../contracts/event-schemas.ts';
import type { EventDocument } from '../core/documents/event.ts';
import { composeId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

interface OccurrenceOf<T extends EventType> {
  readonly type: T;
  /** Id of what it happened to. */
  readonly subject: string;
  /** When it happened, as the documents tell it: the same in every repeat. */
  readonly at: string;
  /** What sets it apart from others of its type and subject; its instant unless given. */
  readonly identity?: string;
  readonly data: EventData<T>;
}

/** Something that happened. Type, subject and identity make it what it is; what it tells obeys the type's published schema. */
export type Occurrence = { [T in EventType]: OccurrenceOf<T> }[EventType];

/** Records an event once: a repeat derives the same id and finds it there. */
export async function recordEvent(deps: Pick<Deps, 'events'>, scope: Scope, occurrence: Occurrence): Promise<void> {
  await recordEvents(deps, scope, [occurrence]);
}

/** Records several, set-wise. */
export async function recordEvents(
  deps: Pick<Deps, 'events'>,
  scope: Scope,
  occurrences: readonly Occurrence[],
): Promise<void> {
  if (occurrences.length === 0) return;
  await deps.events.writeMany(
    scope,
    occurrences.map((occurrence) => ({ kind: 'create', document: eventOf(scope, occurrence) })),
  );
}

/** The document of an event. */
export function eventOf(scope: Scope, { type, subject, at, identity, data }: Occurrence): EventDocument {
  const hash = createHash('sha256').update(JSON.stringify([scope.tenantId, type, subject, identity ?? at]));
  return {
    id: composeId('event', Date.parse(at), hash.digest()),
    tenantId: scope.tenantId,
    schemaVersion: 1,
    type,
    version: eventDefinitions[type].current,
    at,
    subject,
    // Absent fields stay away from the store.
    data: JSON.parse(JSON.stringify(data)) as JsonObject,
    traceparent: scope.traceparent,
  };
}
