import type { DeliveryDocument, DeliveryResult } from '../documents/delivery.ts';
import type { EngineSettings } from '../engine-settings.ts';

type Processing = DeliveryDocument['processing'];
type Ending = DeliveryDocument['processing']['history'][number]['outcome'];

/** After the last of them a delivery is dead, until a person gives it new ones. */
export const mostTries = 8;

/** A delivery that so often lost whoever worked on it may be what they died of. Most of the time it is not, so these are no tries. */
export const mostLosses = 24;

/** Each pause is this many times as long as the one before. */
const pauseGrowth = 4;

const longestAskedMs = 86_400_000;

const keptAttempts = 20;

/** Not yet at an end. */
export const openStates = ['received', 'processing', 'failed'] as const satisfies readonly DeliveryDocument['state'][];

/** Whether a delivery waits for somebody to take it: new, due again, or left by a worker that died. */
export function isDue({ state, processing }: DeliveryDocument, nowMs: number): boolean {
  if (state === 'received') return true;
  if (state === 'failed') return Date.parse(processing.nextAttemptAt ?? '') <= nowMs;
  return state === 'processing' && Date.parse(processing.leaseUntil ?? '') <= nowMs;
}

/** Tries since the delivery arrived, or since a person gave it new ones, without those that lost their worker. */
function triesOf({ attempts, triesBefore = 0, losses = 0 }: Processing): number {
  return attempts - triesBefore - losses;
}

/** Takes a due delivery for a try. One that was left in the midst of a try has lost its worker there. */
export function beginAttempt(delivery: DeliveryDocument, now: string, leaseUntil: string): DeliveryDocument {
  const isLost = delivery.state === 'processing';
  const noted = isLost ? noteAttempt(delivery, now, 'failed', lostWorker) : delivery;
  const { nextAttemptAt: _, reason: _reason, ...processing } = noted.processing;
  return {
    ...delivery,
    state: 'processing',
    processing: {
      ...processing,
      attempts: processing.attempts + 1,
      ...(isLost ? { losses: (processing.losses ?? 0) + 1 } : {}),
      fence: processing.fence + 1,
      leaseUntil,
      startedAt: now,
    },
  };
}

export const lostWorker = 'Whoever worked on it was lost.';

/** Writes down which links are about to be touched. */
export function announceLinks(
  delivery: DeliveryDocument,
  linkIds: readonly string[],
  leaseUntil: string,
): DeliveryDocument {
  const announced = [...new Set([...(delivery.processing.announced ?? []), ...linkIds])];
  return { ...delivery, processing: { ...delivery.processing, announced, leaseUntil } };
}

/** Every change was applied: nothing is left on the way. */
export function endProcessed(delivery: DeliveryDocument, now: string, result: DeliveryResult): DeliveryDocument {
  return endWith(delivery, now, 'processed', undefined, result);
}

export function endIgnored(delivery: DeliveryDocument, now: string, reason: string): DeliveryDocument {
  return endWith(delivery, now, 'ignored', reason, undefined);
}

/** It will not be tried again by itself. */
export function endDead(
  delivery: DeliveryDocument,
  now: string,
  reason: string,
  result?: DeliveryResult,
): DeliveryDocument {
  return endWith(delivery, now, 'dead', reason, result);
}

export function failUntil(
  delivery: DeliveryDocument,
  now: string,
  reason: string,
  nextAttemptAt: string,
): DeliveryDocument {
  const noted = noteAttempt(delivery, now, 'failed', reason);
  const { leaseUntil: _, startedAt: _startedAt, ...processing } = noted.processing;
  return { ...noted, state: 'failed', processing: { ...processing, reason, nextAttemptAt } };
}

/** Gives a delivery that is dead, or waits, new tries at once. */
export function redrive(delivery: DeliveryDocument): DeliveryDocument {
  const {
    nextAttemptAt: _,
    endedAt: _endedAt,
    leaseUntil: _lease,
    startedAt: _start,
    losses: _losses,
    ...processing
  } = delivery.processing;
  return {
    ...delivery,
    state: 'received',
    processing: { ...processing, fence: processing.fence + 1, triesBefore: processing.attempts },
  };
}

/**
 * When a failed try is followed by the next one; `undefined` when it was the last. A provider gets the pause that it asks for, but no shorter one than any other
 * failure, lest the tries be used up while it still asks, and no longer one than a day.
 *
 * @param askedMs what the provider asked for
 * @param random uniform in [0, 1)
 */
export function nextTryMs(
  processing: Processing,
  settings: Pick<EngineSettings, 'retryBaseMs' | 'retryMaxMs'>,
  askedMs: number | undefined,
  random: number,
): number | undefined {
  const tries = triesOf(processing);
  if (tries >= mostTries) return undefined;
  const ceiling = Math.min(settings.retryMaxMs, settings.retryBaseMs * pauseGrowth ** (tries - 1));
  const ownMs = Math.round(ceiling / 2 + (ceiling / 2) * random);
  return Math.max(ownMs, Math.min(askedMs ?? 0, longestAskedMs));
}

function endWith(
  delivery: DeliveryDocument,
  now: string,
  outcome: Exclude<Ending, 'failed'>,
  reason: string | undefined,
  result: DeliveryResult | undefined,
): DeliveryDocument {
  const noted = noteAttempt(delivery, now, outcome, reason);
  const { leaseUntil: _, startedAt: _startedAt, announced: _announced, ...processing } = noted.processing;
  return {
    ...noted,
    state: outcome,
    processing: {
      ...processing,
      endedAt: now,
      ...(reason === undefined ? {} : { reason }),
      ...(result === undefined ? {} : { result }),
    },
  };
}

function noteAttempt(
  delivery: DeliveryDocument,
  now: string,
  outcome: Ending,
  reason: string | undefined,
): DeliveryDocument {
  const { attempts: number, startedAt = now, history } = delivery.processing;
  const entry = { number, startedAt, endedAt: now, outcome, ...(reason === undefined ? {} : { reason }) };
  return {
    ...delivery,
    processing: { ...delivery.processing, history: [...history, entry].slice(-keptAttempts) },
  };
}
