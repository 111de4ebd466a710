import { AdapterFailure, type AdapterFailureKind } from '../../shared/core/adapter.ts';
import { readRetryAfterMs } from './retry-after.ts';

/** What each status means to the engine. The one place where this is decided; 410 is a matter of each adapter's own reading. */
const kinds: Readonly<Record<number, AdapterFailureKind>> = {
  401: 'credentials-rejected',
  403: 'forbidden',
  408: 'unavailable',
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
    retryAfterMs: comesBack ? readRetryAfterMs(header, nowMs) : undefined,
  });
}
