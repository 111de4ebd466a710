import type { IncomingHttpHeaders } from 'node:http';
import { badRequest, type CosmosError, codeNameOf, RetryLaterError } from '../errors.ts';
import type { Budget } from '../faults/budget.ts';
import type { Json } from '../json.ts';

/** A request with its body read. */
export interface Request {
  readonly method: string;
  /** Decoded segments of the path. */
  readonly segments: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What operations of a bulk request may spend; absent is without limit. */
  readonly budget?: Budget;
}

/** An answer; headers that every answer has are added when it is sent. */
export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly charge: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A header that must not be repeated. */
export function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** True when a header says `true`, in any case. */
export function isHeaderTrue(request: Request, name: string): boolean {
  return header(request, name)?.toLowerCase() === 'true';
}

/** The body as JSON. @throws CosmosError 400 */
export function jsonBody(request: Request): Json {
  try {
    return JSON.parse(request.body) as Json;
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
}

/** The answer to a refusal, with the service's error body. */
export function errorReply(error: CosmosError, activityId: string): Reply {
  const body = {
    code: codeNameOf(error.status),
    message: `${error.message}\r\nActivityId: ${activityId}`,
    ...(error.additionalErrorInfo === undefined ? {} : { additionalErrorInfo: error.additionalErrorInfo }),
  };
  return {
    status: error.status,
    body: JSON.stringify(body),
    charge: 1,
    headers: {
      'x-ms-substatus': String(error.substatus),
      ...(error instanceof RetryLaterError ? { 'x-ms-retry-after-ms': String(error.retryAfterMs) } : {}),
    },
  };
}
