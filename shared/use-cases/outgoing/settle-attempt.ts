import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import { ended, waitingFor, withAttempt } from '../../core/outgoing/advance-dispatch.ts';
import { hasFailedLastingly } from '../../core/outgoing/circuit.ts';
import { askedPauseMs, nextStep, type PostOutcome, problemOf } from '../../core/outgoing/next-step.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { disableSubscription } from './disable-subscription.ts';
import { wakeNextOfKey } from './keep-order.ts';
import { noteFailure, noteSuccess } from './note-endpoint.ts';
import type { SentPost } from './post-dispatch.ts';
import { sendDispatchMessage } from './send-outgoing.ts';

/**
 * Notes what came of an attempt: first with the receiver, which may end the subscription, then in the dispatch, then by the message that goes
 * on. A crash before the dispatch was written has the attempt repeated. A test says nothing of the receiver but that it works, and is not repeated.
 *
 * @param held the dispatch as whoever sent it has it
 * @param sent what came of it, when and at which URL
 * @returns the dispatch as it is now
 */
export async function settleAttempt(
  deps: Deps,
  scope: Scope,
  held: Stored<DispatchDocument>,
  sent: SentPost,
): Promise<DispatchDocument> {
  const attempted = withAttempt(held.document, sent.at, sent.outcome);
  const document = await decide(deps, scope, attempted, sent);
  const result = await deps.dispatches.write(scope, { kind: 'replace', document, etag: held.etag });
  // Its time was over and somebody else took it: that one notes what came of it.
  if (!result.ok) return document;
  if (document.state !== 'waiting') await wakeNextOfKey(deps, scope, document);
  else {
    const dueMs = Date.parse(document.nextAttemptAt ?? document.createdAt);
    await sendDispatchMessage(deps, scope, document.id, dueMs - deps.now().getTime());
  }
  return document;
}

async function decide(
  deps: Deps,
  scope: Scope,
  attempted: DispatchDocument,
  { url, outcome }: SentPost,
): Promise<DispatchDocument> {
  const now = deps.now();
  const { subscriptionId, test } = attempted;
  const step = nextStep(outcome, attempted.attemptCount, deps.outgoing, deps.random());
  if (step.kind === 'delivered') {
    await noteSuccess(deps, scope, subscriptionId, { at: now, durationMs: outcome.durationMs });
    return ended(attempted, 'delivered', now);
  }
  const problem = problemOf(outcome);
  if (test) return ended(attempted, 'dead', now, problem);
  if (step.kind === 'gone') {
    const detail = 'The receiver answered 410: it wants nothing more.';
    const isOver = await disableSubscription(deps, scope, subscriptionId, { reason: 'gone', detail, url });
    return isOver ? ended(attempted, 'dead', now, detail) : waitingFor(attempted, now, 0, problem);
  }
  if (!isOurs(outcome)) {
    const finding = { at: now, durationMs: outcome.durationMs };
    const circuit = await noteFailure(deps, scope, subscriptionId, finding, askedPauseMs(outcome));
    if (hasFailedLastingly(circuit, now.toISOString(), deps.outgoing)) {
      const detail = `The receiver has failed since ${circuit.failingSince}. The last attempt: ${problem}`;
      const isOver = await disableSubscription(deps, scope, subscriptionId, { reason: 'failing', detail, url });
      if (isOver) return ended(attempted, 'dead', now, problem);
    }
  }
  if (step.kind === 'give-up') return ended(attempted, 'dead', now, `${problem} It was the last attempt.`);
  return waitingFor(attempted, now, step.delayMs, problem);
}

function isOurs(outcome: PostOutcome): boolean {
  return outcome.kind === 'failed' && outcome.isOurs === true;
}
