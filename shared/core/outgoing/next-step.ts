import type { OutgoingSettings } from './settings.ts';

/** What came of a POST. Texts hold no secret. */
export type PostOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** As `Retry-After` says, from now. */
      readonly retryAfterMs?: number | undefined;
      readonly excerpt?: string | undefined;
      readonly durationMs: number;
    }
  /** `isOurs`: it was not even sent, which says nothing of the receiver. */
  | { readonly kind: 'failed'; readonly problem: string; readonly durationMs: number; readonly isOurs?: true };

export type NextStep =
  | { readonly kind: 'delivered' }
  /** The receiver wants nothing more of this subscription. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'try-again'; readonly delayMs: number }
  | { readonly kind: 'give-up' };

const gone = 410;

/** Receivers that failed together are not tried again in the same instant. */
const jitterShare = 0.1;

export function isDelivered(outcome: PostOutcome): boolean {
  return outcome.kind === 'answered' && outcome.status >= 200 && outcome.status <= 299;
}

/**
 * What follows an attempt: any 2xx is a delivery, 410 ends the subscription, everything else, redirects included, is tried again by the
 * schedule, but not before the time that the receiver named.
 *
 * @param attempts made so far, this one included
 * @param random uniform in [0, 1)
 */
export function nextStep(
  outcome: PostOutcome,
  attempts: number,
  { scheduleMs }: Pick<OutgoingSettings, 'scheduleMs'>,
  random: number,
): NextStep {
  if (isDelivered(outcome)) return { kind: 'delivered' };
  if (outcome.kind === 'answered' && outcome.status === gone) return { kind: 'gone' };
  const pauseMs = scheduleMs[attempts];
  if (pauseMs === undefined) return { kind: 'give-up' };
  const askedMs = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0;
  return { kind: 'try-again', delayMs: Math.max(askedMs, Math.round(pauseMs * (1 + jitterShare * random))) };
}

/** For how long a receiver asked to be left alone as a whole: it is too busy, or down for a while. */
export function askedPauseMs(outcome: PostOutcome): number {
  const isAsking = outcome.kind === 'answered' && (outcome.status === 429 || outcome.status === 503);
  return isAsking ? (outcome.retryAfterMs ?? 0) : 0;
}

/** An attempt in words, for people. */
export function problemOf(outcome: PostOutcome): string {
  if (outcome.kind === 'failed') return outcome.problem;
  if (outcome.status >= 300 && outcome.status <= 399) {
    return `It answered ${outcome.status}: redirects are not followed. Change the URL instead.`;
  }
  return `It answered ${outcome.status}.`;
}
