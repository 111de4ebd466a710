import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import { later } from '../../core/later.ts';
import { ended, isHeld, waitingFor } from '../../core/outgoing/advance-dispatch.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { isNextOfItsKey, wakeNextOfKey } from './keep-order.ts';
import { passCircuit } from './note-endpoint.ts';
import { postDispatch } from './post-dispatch.ts';
import { sendDispatchMessage } from './send-outgoing.ts';
import { settleAttempt } from './settle-attempt.ts';

/** How long after its time-out an attempt is still waited for, to note what came of it. */
const leaseMarginMs = 15_000;

/** Those that wait for the same receiver come back one after the other. */
const spreadMs = 5_000;

/**
 * One turn of a dispatch: sends it, if it is due, nobody else does, its receiver may be tried and nothing of its order key comes before it. A
 * turn that comes too early or for nothing does no harm; one that dies is repeated, by the queue or by the clock.
 */
export async function workOnDispatch(deps: Deps, scope: Scope, dispatchId: string): Promise<void> {
  const stored = await deps.dispatches.get(scope, { id: dispatchId });
  if (stored?.document.state !== 'waiting') return;
  const { document } = stored;
  const earlyMs = Date.parse(document.nextAttemptAt ?? document.createdAt) - deps.now().getTime();
  if (earlyMs > 0) return sendDispatchMessage(deps, scope, dispatchId, earlyMs);
  if (isHeld(document, deps.now())) return;
  const subscription = (await deps.subscriptions.get(scope, { id: document.subscriptionId }))?.document;
  if (subscription === undefined) return giveUp(deps, scope, stored, 'The subscription was removed.');
  if (!subscription.enabled) return giveUp(deps, scope, stored, 'The subscription is disabled.');
  if (!(await isNextOfItsKey(deps, scope, document))) return;
  const passage = await passCircuit(deps, scope, subscription.id, holdMs(deps));
  if (passage.kind === 'wait') return postpone(deps, scope, stored, passage.until);
  const held = await hold(deps, scope, stored);
  if (held === undefined) return;
  // Another one of the key may have begun in the same instant: each sees the other's hold, so not both go on.
  if (!(await isNextOfItsKey(deps, scope, held.document))) {
    return leave(deps, scope, held, spreadMs * deps.random());
  }
  await attempt(deps, scope, subscription, held);
}

/** Sends a dispatch that is held, and sees to what follows. */
export async function attempt(
  deps: Deps,
  scope: Scope,
  subscription: SubscriptionDocument,
  held: Stored<DispatchDocument>,
): Promise<DispatchDocument> {
  const sent = await postDispatch(deps, scope, subscription, held.document);
  return settleAttempt(deps, scope, held, sent);
}

/** For how long one who sends is waited for. */
export function holdMs({ outgoing }: Pick<Deps, 'outgoing'>): number {
  return outgoing.timeoutMs + leaseMarginMs;
}

async function hold(
  deps: Deps,
  scope: Scope,
  { document, etag }: Stored<DispatchDocument>,
): Promise<Stored<DispatchDocument> | undefined> {
  const held: DispatchDocument = { ...document, leaseUntil: later(deps.now(), holdMs(deps)).toISOString() };
  const result = await deps.dispatches.write(scope, { kind: 'replace', document: held, etag });
  return result.ok ? { document: held, etag: result.etag } : undefined;
}

async function giveUp(deps: Deps, scope: Scope, stored: Stored<DispatchDocument>, problem: string): Promise<void> {
  const document = ended(stored.document, 'dead', deps.now(), problem);
  const result = await deps.dispatches.write(scope, { kind: 'replace', document, etag: stored.etag });
  if (result.ok) await wakeNextOfKey(deps, scope, document);
}

async function postpone(deps: Deps, scope: Scope, stored: Stored<DispatchDocument>, until: string): Promise<void> {
  const delayMs = Date.parse(until) - deps.now().getTime() + spreadMs * deps.random();
  await leave(
    deps,
    scope,
    stored,
    delayMs,
    'The receiver failed often, or asked for it, and is left alone for a while.',
  );
}

/** Lets go of it until later, without an attempt. */
async function leave(
  deps: Deps,
  scope: Scope,
  stored: Stored<DispatchDocument>,
  delayMs: number,
  problem?: string,
): Promise<void> {
  const document = waitingFor(stored.document, deps.now(), delayMs, problem);
  const result = await deps.dispatches.write(scope, { kind: 'replace', document, etag: stored.etag });
  if (result.ok) await sendDispatchMessage(deps, scope, document.id, delayMs);
}
