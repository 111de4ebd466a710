import type { AdapterFailure, AdapterFailureKind } from './adapter.ts';
import type { EngineSettings } from './engine-settings.ts';

/** What the engine does about each kind of failure at the provider. */
type Reaction = 'try-again-later' | 'restart-object' | 'stop';

const reactions: Record<AdapterFailureKind, Reaction> = {
  'rate-limited': 'try-again-later',
  unavailable: 'try-again-later',
  'unexpected-response': 'try-again-later',
  'cursor-expired': 'restart-object',
  'credentials-rejected': 'stop',
  forbidden: 'stop',
  'record-rejected': 'stop',
};

export type NextStep =
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'restart-object' }
  | { readonly kind: 'fail' };

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
  const reaction = reactions[failure.kind];
  if (reaction === 'stop') return { kind: 'fail' };
  if (reaction === 'restart-object') return restarted ? { kind: 'fail' } : { kind: 'restart-object' };
  if (attempt >= settings.attempts) return { kind: 'fail' };
  return { kind: 'wait', delayMs: failure.retryAfterMs ?? backoffMs(attempt, settings, random) };
}

/** Exponential, with half of it jitter: attempt 1 waits 0.5 to 1 times the base. */
function backoffMs(attempt: number, settings: EngineSettings, random: number): number {
  const ceiling = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
