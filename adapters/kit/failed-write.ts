import { AdapterFailure } from '../../shared/core/adapter.ts';
import type { PushOutcome } from '../../shared/core/adapter-writes.ts';

/** What a failure means for what it was to write. Anything but an `AdapterFailure` is thrown on: it is a bug. */
export function outcomeOfFailure(failure: unknown): PushOutcome {
  if (!(failure instanceof AdapterFailure)) throw failure;
  return failure.wroteNothing ? { kind: 'not-written', failure } : { kind: 'unknown', reason: failure.message };
}

/**
 * Whether a failure is likely to meet every further request as well, so that none should be made now. A provider that fails with an answer
 * may fail at the one record.
 */
export function meetsAll(failure: AdapterFailure): boolean {
  switch (failure.kind) {
    case 'rate-limited':
    case 'credentials-rejected':
      return true;
    case 'unavailable':
      return failure.status === undefined || failure.wroteNothing;
    default:
      return false;
  }
}

/** The same failure, for a request that was therefore not made. */
export function notMade(failure: AdapterFailure): AdapterFailure {
  const { kind, status, retryAfterMs } = failure;
  return new AdapterFailure(kind, `Not sent, since a request before it failed: ${failure.message}`, {
    status,
    retryAfterMs,
    wroteNothing: true,
  });
}
