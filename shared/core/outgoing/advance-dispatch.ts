import type { DispatchAttempt, DispatchDocument } from '../documents/dispatch.ts';
import { later } from '../later.ts';
import { isDelivered, type PostOutcome, problemOf } from './next-step.ts';

const mostAttemptsKept = 20;

/** A dispatch with an attempt that has come to its end. */
export function withAttempt(dispatch: DispatchDocument, at: Date, outcome: PostOutcome): DispatchDocument {
  const isAnswered = outcome.kind === 'answered';
  const arrived = isDelivered(outcome);
  const attempt: DispatchAttempt = {
    at: at.toISOString(),
    durationMs: outcome.durationMs,
    outcome: arrived ? 'delivered' : isAnswered ? 'refused' : 'failed',
    ...(isAnswered ? { status: outcome.status } : {}),
    ...(arrived ? {} : { problem: problemOf(outcome) }),
    ...(isAnswered && outcome.excerpt !== undefined && outcome.excerpt !== '' ? { excerpt: outcome.excerpt } : {}),
  };
  const attempts = [...dispatch.attempts, attempt].slice(-mostAttemptsKept);
  return { ...dispatch, attempts, attemptCount: dispatch.attemptCount + 1 };
}

/** It has ended: nobody sends it any more. */
export function ended(
  dispatch: DispatchDocument,
  state: 'delivered' | 'dead',
  now: Date,
  problem?: string,
): DispatchDocument {
  const { nextAttemptAt: _nextAttemptAt, leaseUntil: _leaseUntil, problem: _problem, ...rest } = dispatch;
  return { ...rest, state, endedAt: now.toISOString(), ...(problem === undefined ? {} : { problem }) };
}

/** It waits for its next attempt, held by nobody. */
export function waitingFor(dispatch: DispatchDocument, now: Date, delayMs: number, problem?: string): DispatchDocument {
  const { leaseUntil: _leaseUntil, problem: _problem, ...rest } = dispatch;
  const nextAttemptAt = later(now, delayMs).toISOString();
  return { ...rest, nextAttemptAt, ...(problem === undefined ? {} : { problem }) };
}

/** Whether somebody may be sending it right now. */
export function isHeld({ leaseUntil }: Pick<DispatchDocument, 'leaseUntil'>, now: Date): boolean {
  return leaseUntil !== undefined && Date.parse(leaseUntil) > now.getTime();
}
