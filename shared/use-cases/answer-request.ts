import type { Route } from '../contracts/route.ts';
import { AppError } from '../core/app-error.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { formatEtag } from '../core/etag.ts';
import type { Json } from '../core/json.ts';
import { parseRequest, type RawRequest, type RequestOptions } from '../core/parse-request.ts';
import type { Deps } from '../core/ports.ts';
import { toProblem } from '../core/problem-document.ts';
import type { ParsedRequest, RouteOutput } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { traceparentOf } from '../core/traceparent.ts';
import { authenticate, authorise } from './authenticate.ts';
import { type RememberedAnswer, runIdempotently, type Try } from './run-idempotently.ts';

/** A request as the HTTP trigger hands it over. */
export interface IncomingRequest extends Omit<RawRequest, 'body'> {
  readonly requestId: string;
  /** Path of the URL, without the query. */
  readonly path: string;
  readonly readBody: () => Promise<Uint8Array>;
  /** All headers, by their lower-case names. */
  readonly headers?: () => Iterable<readonly [string, string]>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent for 204. */
  readonly body?: string;
}

/** Writes a failure to the host's own log. */
export type ReportFailure = (message: string, fields: Readonly<Record<string, unknown>>) => void;

type Answer = RememberedAnswer & { readonly replayed: boolean };

/** Every answer carries these. */
export function commonHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
}

/**
 * The road of a request: sign in, role, parse, idempotency, use-case, answer through the route's closed schema; or a problem. Never rejects:
 * what nobody expected is logged with its cause and answered by a 500 without detail.
 *
 * @param reportFailure where failures go while there are no dependencies to log with
 */
export async function answerRequest(
  getDeps: () => Promise<Deps>,
  endpoint: Endpoint,
  request: IncomingRequest,
  reportFailure: ReportFailure,
): Promise<HttpAnswer> {
  try {
    const answer = await carryOut(getDeps, endpoint, request);
    return {
      status: answer.status,
      headers: {
        ...commonHeaders(request.requestId),
        ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...(answer.etag === undefined ? {} : { etag: answer.etag }),
        ...(answer.replayed ? { 'idempotency-replayed': 'true' } : {}),
      },
      ...(answer.body === undefined ? {} : { body: JSON.stringify(answer.body) }),
    };
  } catch (error) {
    const isExpected = error instanceof AppError && error.code !== 'internal';
    if (!isExpected || error.cause !== undefined) {
      const log = await getDeps().then(
        (deps) => deps.log,
        () => undefined,
      );
      const fields = { requestId: request.requestId, route: endpoint.route.id, error };
      if (log === undefined) reportFailure('a request failed before there was a log', fields);
      else if (isExpected) log.warn('a request was refused for a cause', fields);
      else log.alert('a request failed', fields);
    }
    return answerProblem(isExpected ? error : new AppError('internal'), request);
  }
}

const extraHeaders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  unauthenticated: { 'www-authenticate': 'Bearer realm="castiel-integrations"' },
  'request-in-progress': { 'retry-after': '1' },
  unavailable: { 'retry-after': '5' },
};

/** A failure as its HTTP answer. */
export function answerProblem(
  error: AppError,
  request: Pick<IncomingRequest, 'path' | 'requestId'>,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const problem = toProblem(error, request);
  return {
    status: problem.status,
    headers: {
      ...commonHeaders(request.requestId),
      'content-type': 'application/problem+json; charset=utf-8',
      ...extraHeaders[error.code],
      ...headers,
    },
    body: JSON.stringify(problem),
  };
}

async function carryOut(getDeps: () => Promise<Deps>, endpoint: Endpoint, request: IncomingRequest): Promise<Answer> {
  const { route } = endpoint;
  if (endpoint.access === 'public') {
    await parse(route, request);
    return { ...answerOf(route, await endpoint.run(getDeps)), replayed: false };
  }
  const deps = await getDeps();
  const credentials = { authorization: request.header('authorization'), apiKey: request.header('x-api-key') };
  const traceparent = traceparentOf(request.header('traceparent'), request.requestId);
  const scope = await authenticate(deps, credentials, traceparent);
  authorise(scope.actor, route.role === 'public' ? 'viewer' : route.role);
  const { parsed, body } = await parse(route, request);
  const run = async ({ newId, attempt }: Try) =>
    answerOf(route, await endpoint.run({ ...deps, newId }, scope, { ...parsed, attempt }));
  if (parsed.idempotencyKey === undefined) {
    const answer = await run({ newId: deps.newId, attempt: { at: deps.now(), repeated: false } });
    return { ...answer, replayed: false };
  }
  return runKeyed(deps, scope, request, body, { route, key: parsed.idempotencyKey, run });
}

function runKeyed(
  deps: Deps,
  scope: Scope,
  request: IncomingRequest,
  body: Uint8Array,
  { route, key, run }: { route: Route; key: string; run: (given: Try) => Promise<RememberedAnswer> },
): Promise<Answer> {
  const params = JSON.stringify(Object.entries(request.params).sort());
  const content = [params, request.search, request.header('if-match') ?? '', body];
  return runIdempotently(deps, scope, { key, routeId: route.id, content }, run);
}

async function parse(
  route: Route,
  request: IncomingRequest,
): Promise<{ readonly parsed: ParsedRequest & RequestOptions; readonly body: Uint8Array }> {
  const body = await request.readBody();
  return { parsed: parseRequest(route, { ...request, body }), body };
}

/** What the contract does not name never leaves: an answer that does not fit its schema is our bug. */
function answerOf(route: Route, output: RouteOutput): RememberedAnswer {
  const { status, body: schema } = route.success;
  const etag = output.etag === undefined ? undefined : formatEtag(output.etag);
  if (schema === undefined) return { status, etag };
  const parsed = schema.safeParse(output.body);
  if (!parsed.success) throw new Error(`The answer of ${route.id} does not fit its contract: ${parsed.error.message}`);
  return { status, etag, body: parsed.data as Json };
}
