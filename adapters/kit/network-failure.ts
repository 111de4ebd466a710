import { AdapterFailure } from '../../shared/core/adapter.ts';
import { AddressRefused } from './guarded-connect.ts';
import type { Redact } from './redact.ts';
import { NotSent } from './request-watched.ts';

const says: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be resolved',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_ABORTED: 'the connection was closed before the answer was complete',
};

/** Errors of making a connection, whoever tells them: nothing can have been sent. */
const ofConnecting: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];

/**
 * The failure that a connection's error stands for: `unavailable`, or `unexpected-response` where trying again cannot help (an
 * address that must not be called, or something that does not speak HTTP).
 */
export function createNetworkFailure(
  request: string,
  thrown: unknown,
  { timeoutMs, redact }: { readonly timeoutMs: number; readonly redact: Redact },
): AdapterFailure {
  const error = thrown instanceof NotSent ? thrown.cause : thrown;
  const code = codeOf(error);
  const wroteNothing = thrown instanceof NotSent || ofConnecting.includes(code);
  const cause = describeCause(error, redact);
  if (error instanceof AddressRefused) {
    return new AdapterFailure('unexpected-response', `${request} was not made: ${error.message}.`, {
      wroteNothing,
      cause,
    });
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    const message = `${request} was given up: no complete answer within ${timeoutMs / 1000} seconds.`;
    return new AdapterFailure('unavailable', message, { wroteNothing, cause });
  }
  if (isNotHttp(error) || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_INVALID_ARG') {
    return new AdapterFailure('unexpected-response', `${request} failed: no valid HTTP could be exchanged.`, {
      wroteNothing,
      cause,
    });
  }
  const reason = says[code] ?? 'the connection failed';
  return new AdapterFailure('unavailable', `${request} failed: ${reason}${code === '' ? '' : ` (${code})`}.`, {
    wroteNothing,
    cause,
  });
}

/** The parser's errors have a code only for some of the ways to be wrong. */
function isNotHttp(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? '' : codeOf(error.cause);
}

/** Causes are logged: what is kept of them is text without secrets, not the live error with its request. */
function describeCause(error: unknown, redact: Redact): Error {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(redact(text));
}
