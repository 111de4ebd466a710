import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { ReplayDueDocument } from '../../core/documents/due.ts';
import type { WebhookReplayDocument } from '../../core/documents/webhook-replay.ts';
import { dueKey } from '../../core/due.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { redrive } from '../../core/webhooks/advance-delivery.ts';
import { repeatDelivery } from '../../core/webhooks/repeat-delivery.ts';

type Needs = Pick<Deps, 'webhookReplays' | 'deliveries' | 'deliveryQueue' | 'due' | 'engine' | 'now' | 'newId'>;

const batchSize = 50;
const batchesInMessage = 10;

/** States from which a delivery can be given new tries. */
export const redrivable: readonly DeliveryDocument['state'][] = ['failed', 'dead', 'ignored'];

/**
 * Goes on with a replay for some batches, then sends the message that goes on after it. A batch that is repeated after a crash finds its deliveries
 * made. Only the position and the state say how far it is: any number of messages for it do no harm.
 */
export async function continueReplay(deps: Needs, scope: Scope, replayId: string): Promise<void> {
  for (let batch = 0; batch < batchesInMessage; batch += 1) {
    const stored = await deps.webhookReplays.get(scope, { id: replayId });
    if (stored === undefined || stored.document.state !== 'running') {
      return deps.due.remove(dueKey('replay', scope.tenantId, replayId));
    }
    await takeBatch(deps, scope, stored);
  }
  const { tenantId, traceparent } = scope;
  await deps.deliveryQueue.send({ kind: 'replay-deliveries', tenantId, traceparent, replayId });
}

/** The clock's look: a replay that is not at its end, and that nobody has moved on lately, gets its message again. */
export async function watchReplay(deps: Needs, scope: Scope, entry: Stored<ReplayDueDocument>): Promise<void> {
  const { replayId } = entry.document;
  const stored = await deps.webhookReplays.get(scope, { id: replayId });
  if (stored?.document.state !== 'running') return deps.due.remove(entry.document, entry.etag);
  const isLeft = Date.parse(stored.document.updatedAt) + deps.engine.watchMs <= deps.now().getTime();
  const { tenantId, traceparent } = scope;
  if (isLeft) await deps.deliveryQueue.send({ kind: 'replay-deliveries', tenantId, traceparent, replayId });
  await deps.due.reschedule(entry, new Date(deps.now().getTime() + deps.engine.watchMs).toISOString());
}

async function takeBatch(
  deps: Needs,
  scope: Scope,
  { document: replay, etag }: Stored<WebhookReplayDocument>,
): Promise<void> {
  const { originals, position, missing, isLast } = await nextBatch(deps, scope, replay);
  const done =
    replay.action === 'replay'
      ? await repeatAll(deps, scope, replay, originals)
      : await redriveAll(deps, scope, originals);
  const seen = originals.length + missing;
  const at = deps.now().toISOString();
  const document: WebhookReplayDocument = {
    ...replay,
    ...(position === undefined ? {} : { position }),
    counts: {
      seen: replay.counts.seen + seen,
      done: replay.counts.done + done,
      skipped: replay.counts.skipped + seen - done,
    },
    updatedAt: at,
    ...(isLast ? { state: 'done' as const, finishedAt: at } : {}),
  };
  const result = await deps.webhookReplays.write(scope, { kind: 'replace', document, etag });
  if (!result.ok) await countCancelled(deps, scope, replay, document);
}

/** A replay that was cancelled in the midst of a batch still tells what the batch did; any other that moved on has a double, which tells it. */
async function countCancelled(
  deps: Pick<Deps, 'webhookReplays'>,
  scope: Scope,
  before: WebhookReplayDocument,
  { position, counts }: WebhookReplayDocument,
): Promise<void> {
  const stored = await deps.webhookReplays.get(scope, { id: before.id });
  if (stored?.document.state !== 'cancelled' || stored.document.position !== before.position) return;
  const document = { ...stored.document, ...(position === undefined ? {} : { position }), counts };
  await deps.webhookReplays.write(scope, { kind: 'replace', document, etag: stored.etag });
}

interface Batch {
  readonly originals: readonly Stored<DeliveryDocument>[];
  readonly missing: number;
  readonly position: string | undefined;
  readonly isLast: boolean;
}

async function nextBatch(
  deps: Pick<Deps, 'deliveries'>,
  scope: Scope,
  { selection, position }: WebhookReplayDocument,
): Promise<Batch> {
  if (selection.by === 'ids') {
    const first = Number(position ?? 0);
    const ids = selection.deliveryIds.slice(first, first + batchSize);
    const found = await deps.deliveries.getMany(
      scope,
      ids.map((id) => ({ id })),
    );
    const originals = found.flatMap((each) => each ?? []);
    const next = first + ids.length;
    const isLast = next >= selection.deliveryIds.length;
    return { originals, missing: ids.length - originals.length, position: String(next), isLast };
  }
  const { integrationId, states, from, before } = selection;
  const originals = await deps.deliveries.list(scope, {
    filters: [
      { field: 'arrival', is: 'at-least', value: from },
      { field: 'arrival', is: 'below', value: before },
      ...(integrationId === undefined ? [] : [{ field: 'integrationId', is: 'equal' as const, value: integrationId }]),
      ...(states === undefined ? [] : [{ field: 'state', is: 'one-of' as const, values: states }]),
    ],
    orderBy: 'arrival',
    order: 'ascending',
    afterId: position,
    limit: batchSize,
  });
  const last = originals.at(-1)?.document.arrival ?? position;
  return { originals, missing: 0, position: last, isLast: originals.length < batchSize };
}

/** Those that an earlier try of the same batch has made count as well. Its own are never repeated, whatever clock gave them their place. */
async function repeatAll(
  deps: Needs,
  scope: Scope,
  replay: WebhookReplayDocument,
  found: readonly Stored<DeliveryDocument>[],
): Promise<number> {
  const originals = found.filter(({ document }) => document.replay?.replayId !== replay.id);
  const now = deps.now().toISOString();
  await deps.deliveries.writeMany(
    scope,
    originals.map(({ document }) => ({
      kind: 'create',
      document: repeatDelivery(document, replay, deps.newId('arrival'), now),
    })),
  );
  return originals.length;
}

async function redriveAll(deps: Needs, scope: Scope, originals: readonly Stored<DeliveryDocument>[]): Promise<number> {
  const meant = originals.filter(({ document }) => redrivable.includes(document.state));
  const results = await deps.deliveries.writeMany(
    scope,
    meant.map(({ document, etag }) => ({ kind: 'replace', document: redrive(document), etag })),
  );
  return results.filter(({ ok }) => ok).length;
}
