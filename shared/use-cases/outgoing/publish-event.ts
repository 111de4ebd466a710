import { createHash } from 'node:crypto';
import type { publishEvent as route } from '../../contracts/events.ts';
import { AppError } from '../../core/app-error.ts';
import { canonicalText } from '../../core/canonical.ts';
import { describeEvent } from '../../core/describe-event.ts';
import type { PublishedEventDocument } from '../../core/documents/published-event.ts';
import type { Json } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { eventOf, type Occurrence } from '../record-event.ts';

/** As long as events are kept. */
const keptForSeconds = 30 * 86_400;

/** Clocks differ; what is further ahead is a mistake. */
const mostAheadMs = 300_000;

/**
 * Takes an event of the product. Its own id is claimed first, with what was published under it, so that a repeat after a crash makes the same
 * event, and one that was published before is answered as it was.
 *
 * @throws AppError `invalid-request` naming `/at`; `already-exists` when something else was published under the id
 */
export async function publishEvent(
  deps: Pick<Deps, 'events' | 'publishedEvents' | 'now'>,
  scope: Scope,
  { body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const now = deps.now();
  const message = body.at === undefined ? undefined : whatIsWrongWith(Date.parse(body.at), now.getTime());
  if (message !== undefined) {
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/at', message }] });
  }
  const { at } = await claim(deps, scope, {
    id: createHash('sha256').update(`published-event ${body.id}`).digest('base64url'),
    tenantId: scope.tenantId,
    kind: 'published-event',
    schemaVersion: 1,
    contentHash: createHash('sha256')
      .update(canonicalText(body as Json))
      .digest('base64url'),
    at: new Date(body.at ?? now).toISOString(),
    ttl: keptForSeconds,
  });
  const { type, subject, data } = body;
  // Each branch of the body is one of the occurrences; the compiler loses which.
  const occurrence = { type, subject, at, identity: `published ${body.id}`, data } as Occurrence;
  const document = eventOf(scope, occurrence);
  await deps.events.write(scope, { kind: 'create', document });
  return { body: describeEvent(document) };
}

/** Ids sort by instant, in milliseconds since 1970: what was before would come last. */
function whatIsWrongWith(atMs: number, nowMs: number): string | undefined {
  if (atMs > nowMs + mostAheadMs) return 'must not be in the future';
  return atMs < 0 ? 'must not be before 1970' : undefined;
}

async function claim(
  deps: Pick<Deps, 'publishedEvents'>,
  scope: Scope,
  document: PublishedEventDocument,
): Promise<PublishedEventDocument> {
  for (;;) {
    if ((await deps.publishedEvents.write(scope, { kind: 'create', document })).ok) return document;
    const present = (await deps.publishedEvents.get(scope, { id: document.id }))?.document;
    if (present === undefined) continue;
    if (present.contentHash !== document.contentHash) {
      throw new AppError('already-exists', {
        detail: 'Another event was published under this id.',
        errors: [{ in: 'body', field: '/id', message: 'was used for another event' }],
      });
    }
    return present;
  }
}
