import { randomUUID } from 'node:crypto';
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
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

/** How long the answer of a function that has ended may take from the app's server to here. */
const ANSWER_GRACE_MS = 2_000;

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
    // The function may fail first; then nobody waits for the answer any more.
    answered.catch(() => undefined);
    sendBody(request, upstream);
    const run = dispatch.run(hostFunction, {
      invocationId,
      data: { http: { method: request.method ?? 'GET', url: request.url ?? '/' } },
      metadata: streamMetadata(headers, parameters),
      ...trace,
    });
    try {
      const answer = await awaitAnswer(answered, run, hostFunction.name);
      response.writeHead(answer.statusCode ?? 500, { ...customHeaders, ...answerHeaders(answer) });
      await Promise.all([pipeline(answer, response), run]);
    } catch (error) {
      request.unpipe(upstream);
      upstream.destroy();
      request.resume();
      throw error;
    }
  };
};

/** Not `pipeline`: when the app's side ends early, the caller's connection must stay open for the answer. */
const sendBody = (request: IncomingMessage, upstream: ClientRequest): void => {
  let sentBytes = 0;
  request.on('data', (chunk: Buffer) => {
    sentBytes += chunk.length;
    if (sentBytes > BODY_LIMIT_BYTES) {
      upstream.destroy(new BodyTooLargeError(`The request body has more than ${BODY_LIMIT_BYTES} bytes`));
    }
  });
  request.once('error', (error) => upstream.destroy(error));
  request.pipe(upstream);
};

const awaitAnswer = async (
  answered: Promise<IncomingMessage>,
  run: Promise<unknown>,
  functionName: string,
): Promise<IncomingMessage> => {
  const grace = new AbortController();
  try {
    const answer = await Promise.race([
      answered,
      run.then(() => wait(ANSWER_GRACE_MS, undefined, { signal: grace.signal })),
    ]);
    if (answer === undefined) {
      throw new Error(
        `The function "${functionName}" ended without an answer, as when it returns nothing while HTTP streaming is on; in Azure the request would hang`,
      );
    }
    return answer;
  } finally {
    grace.abort();
  }
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
