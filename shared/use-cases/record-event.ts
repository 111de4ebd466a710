import { createHash } from 'node:crypto';
import type { EventType } from '../contracts/events.ts';
import type { EventDocument } from '../core/documents/event.ts';
import { composeId } from '../core/ids.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Something that happened. Type, subject and instant are its identity. */
export interface Occurrence {
  readonly type: EventType;
  /** Id of what it happened to. */
  readonly subject: string;
  /** When it happened, as the documents tell it: the same in every repeat. */
  readonly at: string;
  readonly data: EventDocument['data'];
}

/** Records an event once: a repeat derives the same id and finds it there. */
export async function recordEvent(deps: Pick<Deps, 'events'>, scope: Scope, occurrence: Occurrence): Promise<void> {
  const { type, subject, at, data } = occurrence;
  const identity = createHash('sha256')
    .update(JSON.stringify([scope.tenantId, type, subject, at]))
    .digest();
  await deps.events.write(scope, {
    kind: 'create',
    document: {
      id: composeId('event', Date.parse(at), identity),
      tenantId: scope.tenantId,
      schemaVersion: 1,
      type,
      at,
      subject,
      data,
      traceparent: scope.traceparent,
    },
  });
}
