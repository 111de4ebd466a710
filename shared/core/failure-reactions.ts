import type { AdapterFailure, AdapterFailureKind } from './adapter.ts';
import type { EngineSettings } from './engine-settings.ts';

/**
 * What the engine does about each kind of failure at the provider.
 *
 * - `first`: `try-again` waits as long as the provider asks, or by backoff, until the tries are used up; `restart-object` reads the object from its
 *   start, once; `give-up` does not try again.
 * - `finally`: `leave-object` goes on with the run's other objects; `stop` ends the run.
 * - `pausesConnection`: no run begins until a person has tested or renewed the connection.
 *
 * A single record that cannot be taken never comes here: it is set aside, and its page goes on.
 */
interface Reaction {
  readonly first: 'try-again' | 'restart-object' | 'give-up';
  readonly finally: 'leave-object' | 'stop';
  readonly pausesConnection?: true;
}

export const failureReactions: Record<AdapterFailureKind, Reaction> = {
  'rate-limited': { first: 'try-again', finally: 'stop' },
  unavailable: { first: 'try-again', finally: 'stop' },
  'unexpected-response': { first: 'try-again', finally: 'leave-object' },
  'cursor-expired': { first: 'restart-object', finally: 'leave-object' },
  'credentials-rejected': { first: 'give-up', finally: 'stop', pausesConnection: true },
  forbidden: { first: 'give-up', finally: 'leave-object' },
  'record-rejected': { first: 'give-up', finally: 'leave-object' },
};

export type NextStep =
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'restart-object' }
  | { readonly kind: 'leave-object' }
  | { readonly kind: 'stop' };

/**
 * @param attempt how often this page has failed in a row, with this failure
 * @param restarted whether the object was already restarted for an expired cursor
 * @param random uniform in [0, 1)
 */
export function reactTo(
  failure: AdapterFailure,
  attempt: number,
  restarted: boolean,
  settings: EngineSettings,
  random: number,
): NextStep {
  const { first, finally: last } = failureReactions[failure.kind];
  if (first === 'restart-object' && !restarted) return { kind: 'restart-object' };
  if (first !== 'try-again' || attempt >= settings.attempts) return { kind: last };
  return { kind: 'wait', delayMs: failure.retryAfterMs ?? backoffMs(attempt, settings, random) };
}

/** Exponential, with half of it jitter: attempt 1 waits 0.5 to 1 times the base. */
function backoffMs(attempt: number, settings: EngineSettings, random: number): number {
  const ceiling = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
