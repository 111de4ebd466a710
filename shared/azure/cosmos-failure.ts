import { AppError } from '../core/app-error.ts';

/**
 * What a failed Cosmos call means for a repeat. `refused`: it took no effect, ask again later. `unclear`: it may have taken effect
 * although no answer came. `final`: a repeat would fail the same way.
 */
export type FailureMeaning = 'refused' | 'unclear' | 'final';

/** 424 not reached in its batch, 429 too many requests, 449 concurrent write of the same item. */
const refusedStatuses = new Set([424, 429, 449]);
/** 408 timeout, 410 the partition moved, 503 unavailable: a write may have been committed before. */
const unclearStatuses = new Set([408, 410, 503]);
const refusedCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const unclearCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'TimeoutError', 'REQUEST_SEND_ERROR', 'ABORT_ERR']);

export function meaningOfStatus(status: number): FailureMeaning {
  if (refusedStatuses.has(status)) return 'refused';
  return unclearStatuses.has(status) ? 'unclear' : 'final';
}

/** Of a thrown error; `items.bulk` and `items.batch` wrap the real one as its cause. */
export function meaningOfError(error: unknown): FailureMeaning {
  const code = codeOf(error);
  if (typeof code === 'number') return meaningOfStatus(code);
  if (typeof code !== 'string') return 'final';
  if (refusedCodes.has(code)) return 'refused';
  return unclearCodes.has(code) ? 'unclear' : 'final';
}

/** The HTTP status or the network error code behind an error, wherever in its causes. */
export function codeOf(error: unknown): number | string | undefined {
  for (let at = error; isErrorLike(at); at = at.cause) {
    const { code } = at;
    if (typeof code === 'number' || typeof code === 'string') return code;
  }
  return undefined;
}

/** How long the service asked to wait, in milliseconds. */
export function retryAfterMsOf(error: unknown): number {
  for (let at = error; isErrorLike(at); at = at.cause) {
    if (typeof at.retryAfterInMs === 'number' && Number.isFinite(at.retryAfterInMs)) return at.retryAfterInMs;
  }
  return 0;
}

export function storeUnavailable(cause: unknown): AppError {
  return new AppError('unavailable', { detail: 'The database does not answer right now.', cause });
}

interface ErrorLike {
  readonly code?: unknown;
  readonly retryAfterInMs?: unknown;
  readonly cause?: unknown;
}

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null;
}
