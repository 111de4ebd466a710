import type { createReplay as route, replayDelivery as singleRoute } from '../../contracts/deliveries.ts';
import type { WebhookReplayDocument } from '../../core/documents/webhook-replay.ts';
import { dueKey } from '../../core/due.ts';
import type { Deps } from '../../core/ports.ts';
import type { Attempt, InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { arrivalAt } from '../../core/webhooks/arrival.ts';
import { describeReplay } from '../../core/webhooks/describe-delivery.ts';
import { createDocument } from '../change-document.ts';
import { findDelivery } from '../deliveries/find-delivery.ts';
import { recordAudit } from '../record-audit.ts';

type Needs = Pick<
  Deps,
  'webhookReplays' | 'deliveries' | 'deliveryQueue' | 'due' | 'engine' | 'audit' | 'newId' | 'now'
>;

const keptSeconds = 30 * 86_400;

/** Starts to replay or redrive the deliveries that are named, or those of a span of time that are there now. */
export async function createReplay(
  deps: Needs,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { action, deliveryIds, from = '', to = '', integrationId } = body;
  const states = body.states ?? (action === 'redrive' ? ['dead' as const] : undefined);
  const selection: WebhookReplayDocument['selection'] =
    deliveryIds === undefined
      ? {
          by: 'range',
          from: arrivalAt(Date.parse(from)),
          before: arrivalAt(Math.min(Date.parse(to), attempt.at.getTime())),
          ...(integrationId === undefined ? {} : { integrationId }),
          ...(states === undefined ? {} : { states }),
        }
      : { by: 'ids', deliveryIds: [...new Set(deliveryIds)] };
  return { body: describeReplay(await start(deps, scope, action, selection, attempt)) };
}

/** Starts to deliver one delivery anew. Throws `not-found`. */
export async function replayDelivery(
  deps: Needs,
  scope: Scope,
  { params, attempt }: InputOf<typeof singleRoute>,
): Promise<OutputOf<typeof singleRoute>> {
  const { document } = await findDelivery(deps, scope, params.deliveryId);
  const selection = { by: 'ids' as const, deliveryIds: [document.id] };
  return { body: describeReplay(await start(deps, scope, 'replay', selection, attempt)) };
}

/** What looks after it comes first, then the replay, then the message: whatever is lost, the next of them makes up for it. */
async function start(
  deps: Needs,
  scope: Scope,
  action: WebhookReplayDocument['action'],
  selection: WebhookReplayDocument['selection'],
  attempt: Attempt,
): Promise<WebhookReplayDocument> {
  const id = deps.newId('replay');
  const at = attempt.at.toISOString();
  await deps.due.put({
    ...dueKey('replay', scope.tenantId, id),
    schemaVersion: 1,
    kind: 'replay',
    tenantId: scope.tenantId,
    replayId: id,
    dueAt: new Date(deps.now().getTime() + deps.engine.watchMs).toISOString(),
  });
  const { document } = await createDocument(
    deps.webhookReplays,
    scope,
    {
      id,
      tenantId: scope.tenantId,
      kind: 'webhook-replay',
      schemaVersion: 1,
      action,
      state: 'running',
      selection,
      counts: { seen: 0, done: 0, skipped: 0 },
      actorId: scope.actor.id,
      traceparent: scope.traceparent,
      createdAt: at,
      updatedAt: at,
      ttl: keptSeconds,
    },
    attempt.repeated,
  );
  const { tenantId, traceparent } = scope;
  await deps.deliveryQueue.send({ kind: 'replay-deliveries', tenantId, traceparent, replayId: id });
  await recordAudit(deps, scope, { action: `webhooks.${action}`, subject: id });
  return document;
}
