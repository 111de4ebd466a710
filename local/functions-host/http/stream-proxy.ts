import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { Dispatch } from '../dispatch.ts';
import type { TypedData } from '../worker/rpc.ts';
import { BODY_LIMIT_BYTES, BodyTooLargeError, forwardedHeaders } from './read-request.ts';
import type { RouteMatch } from './router.ts';

/** Runs a function whose request and answer flow through the app's own HTTP server instead of the invocation. */
export type StreamRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  match: RouteMatch,
  trace: { readonly traceParent: string | undefined; readonly traceState: string | undefined },
) => Promise<void>;

const CONNECTION_HEADERS = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'];

/** @param httpUri the capability `HttpUri`: where the app's library listens when `enableHttpStream` is on */
export const createStreamRequest = (
  httpUri: string,
  dispatch: Dispatch,
  customHeaders: Readonly<Record<string, string>>,
): StreamRequest => {
  const agent = new Agent({ keepAlive: true });
  // The library says "localhost" but listens on every address, IPv4 included.
  const { port } = new URL(httpUri);
  return async (request, response, { hostFunction, parameters }, trace) => {
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) {
      throw new BodyTooLargeError('The request body is too long');
    }
    const invocationId = randomUUID();
    const headers = withoutConnection(forwardedHeaders(request));
    const upstream = openRequest({
      agent,
      host: '127.0.0.1',
      port,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: {
        ...headers,
        'x-forwarded-host': request.headers.host ?? '127.0.0.1',
        'x-ms-invocation-id': invocationId,
      },
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve).once('error', reject);
    });
    // Each of the two may fail or end first; who waits below decides what becomes of it.
    answered.catch(() => undefined);
    const sent = pipeline(request, upstream);
    sent.catch(() => undefined);
    const run = dispatch.run(hostFunction, {
      invocationId,
      data: { http: { method: request.method ?? 'GET', url: request.url ?? '/' } },
      metadata: streamMetadata(headers, parameters),
      ...trace,
    });
    const first = await Promise.race([answered, run.then(() => undefined)]).catch((error: unknown) => {
      upstream.destroy();
      throw error;
    });
    // The function ended without an answer of its own only if none has arrived by now either.
    const answer = first ?? (await Promise.race([answered, setImmediate(undefined)]));
    if (answer === undefined) {
      upstream.destroy();
      response.writeHead(204, customHeaders).end();
      return;
    }
    response.writeHead(answer.statusCode ?? 500, { ...customHeaders, ...answerHeaders(answer) });
    await Promise.all([pipeline(answer, response), run]);
  };
};

/** The library takes headers from here and every other text as a route parameter. */
const streamMetadata = (
  headers: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>>,
): Record<string, TypedData> => {
  const metadata: Record<string, TypedData> = { Headers: { json: JSON.stringify(headers) } };
  for (const [name, value] of Object.entries(parameters)) {
    metadata[name] = { string: value };
  }
  return metadata;
};

const withoutConnection = (headers: Record<string, string>): Record<string, string> => {
  for (const name of CONNECTION_HEADERS) {
    delete headers[name];
  }
  return headers;
};

const answerHeaders = (answer: IncomingMessage): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && name !== 'x-ms-invocation-id' && !CONNECTION_HEADERS.includes(name)) {
      headers[name] = value;
    }
  }
  return headers;
};
