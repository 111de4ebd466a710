import type { DispatchDocument } from '../../core/documents/dispatch.ts';
import { ended, waitingFor, withAttempt } from '../../core/outgoing/advance-dispatch.ts';
import { hasFailedLastingly, withFailure } from '../../core/outgoing/circuit.ts';
import { nextStep, type PostOutcome, problemOf } from '../../core/outgoing/next-step.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { disableSubscription } from './disable-subscription.ts';
import { wakeNextOfKey } from './keep-order.ts';
import { noteEndpoint, noteSuccess } from './note-endpoint.ts';
import { sendDispatchMessage } from './send-outgoing.ts';

/**
 * Notes what came of an attempt: first with the receiver, which may end the subscription, then in the dispatch, then by the message that goes
 * on. A crash before the dispatch was written has the attempt repeated. A test says nothing of the receiver but that it works, and is not repeated.
 *
 * @param held the dispatch as whoever sent it has it
 * @returns the dispatch as it is now
 */
export async function settleAttempt(
  deps: Deps,
  scope: Scope,
  held: Stored<DispatchDocument>,
  at: Date,
  outcome: PostOutcome,
): Promise<DispatchDocument> {
  const attempted = withAttempt(held.document, at, outcome);
  const document = await decide(deps, scope, attempted, outcome);
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
  outcome: PostOutcome,
): Promise<DispatchDocument> {
  const now = deps.now();
  const { subscriptionId, test } = attempted;
  const step = nextStep(outcome, attempted.attemptCount, deps.outgoing, deps.random());
  if (step.kind === 'delivered') {
    await noteSuccess(deps, scope, subscriptionId, now);
    return ended(attempted, 'delivered', now);
  }
  const problem = problemOf(outcome);
  if (test) return ended(attempted, 'dead', now, problem);
  if (step.kind === 'gone') {
    const detail = 'The receiver answered 410: it wants nothing more.';
    await disableSubscription(deps, scope, subscriptionId, { reason: 'gone', detail });
    return ended(attempted, 'dead', now, detail);
  }
  const circuit = await noteEndpoint(deps, scope, subscriptionId, (current) =>
    withFailure(current, now.toISOString(), deps.outgoing),
  );
  if (hasFailedLastingly(circuit, now.toISOString(), deps.outgoing)) {
    const detail = `The receiver has failed since ${circuit.failingSince}. The last attempt: ${problem}`;
    await disableSubscription(deps, scope, subscriptionId, { reason: 'failing', detail });
    return ended(attempted, 'dead', now, problem);
  }
  if (step.kind === 'give-up') return ended(attempted, 'dead', now, `${problem} It was the last attempt.`);
  return waitingFor(attempted, now, step.delayMs, problem);
}
