import { AdapterFailure, type AdapterFailureKind } from '../../shared/core/adapter.ts';
import { readRetryAfterMs } from './retry-after.ts';

/** What each status means to the engine. The one place where this is decided; 410 is a matter of each adapter's own reading. */
const kinds: Readonly<Record<number, AdapterFailureKind>> = {
  401: 'credentials-rejected',
  403: 'forbidden',
  408: 'unavailable',
  423: 'unavailable',
  425: 'unavailable',
  429: 'rate-limited',
};

const says: Readonly<Partial<Record<AdapterFailureKind, string>>> = {
  'credentials-rejected': 'was refused: the provider does not accept the credential',
  forbidden: 'was refused: the credential does not allow it',
  'rate-limited': 'was refused: the provider asks for fewer requests',
  unavailable: 'failed: the provider is not available',
};

export function failureKindOf(status: number): AdapterFailureKind {
  return kinds[status] ?? (status >= 500 ? 'unavailable' : 'unexpected-response');
}

/**
 * Whether an answer says that a request that writes was refused before it was worked on. 503 counts only where it says when to come
 * back, as a server does that turns requests away; any other 5xx may have come after the write, 408 and 499 are said of requests that took too
 * long, and 301 to 303 are also the way to the result of a write.
 */
export function isRefusal(status: number, header: (name: string) => string | undefined): boolean {
  if (status === 408 || status === 499) return false;
  if (status === 503) return header('retry-after') !== undefined;
  return (status >= 400 && status < 500) || status === 307 || status === 308 || status === 501;
}

/**
 * The failure that a status stands for. `request` is how messages name the request; `nowMs` is epoch milliseconds.
 * For statuses that ask to come back later it carries what the headers say about when.
 */
export function createStatusFailure(
  request: string,
  status: number,
  header: (name: string) => string | undefined,
  nowMs: number,
): AdapterFailure {
  const kind = failureKindOf(status);
  const comesBack = kind === 'rate-limited' || kind === 'unavailable';
  return new AdapterFailure(kind, `${request} ${says[kind] ?? 'got an answer that was not expected'} (${status}).`, {
    status,
    wroteNothing: isRefusal(status, header),
    retryAfterMs: comesBack ? readRetryAfterMs(header, nowMs) : undefined,
  });
}
