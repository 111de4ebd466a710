import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HostJson } from '../config/host-json.ts';
import { type Dispatch, InvocationError } from '../dispatch.ts';
import type { Log } from '../log.ts';
import type { AdminApi } from './admin.ts';
import type { Authorise } from './keys.ts';
import type { HandleRequest } from './listen.ts';
import { BodyTooLargeError, hasChunkedBody, readBody, toHttpData } from './read-request.ts';
import type { FindRoute, RouteMatch } from './router.ts';
import type { StreamRequest } from './stream-proxy.ts';
import { writeResponse } from './write-response.ts';

export interface HttpContext {
  readonly findRoute: FindRoute;
  readonly authorise: Authorise;
  readonly admin: AdminApi;
  /** Answers what belongs to an extension; false when the path is none of its own. */
  readonly webhooks: AdminApi;
  readonly dispatch: Dispatch;
  readonly settings: HostJson['extensions']['http'];
  /** Present when the app streams HTTP. */
  readonly stream: StreamRequest | undefined;
  readonly log: Log;
}

/** Answers a request: the host's own routes, else the function whose route fits, else 404. */
export const createHandleRequest = (context: HttpContext): HandleRequest => {
  const { maxOutstandingRequests } = context.settings;
  let outstanding = 0;
  return async (request, response) => {
    const target = parseTarget(request);
    if (target === undefined) {
      answer(response, 400);
      return;
    }
    for (const api of [context.admin, context.webhooks]) {
      if (await api(request, response, target.path, givenKey(request, target.search))) {
        return;
      }
    }
    const match = context.findRoute(request.method ?? 'GET', target.path);
    if (match === undefined) {
      answer(response, 404);
      return;
    }
    const { hostFunction } = match;
    if (!context.authorise(hostFunction.trigger.authLevel, hostFunction.name, givenKey(request, target.search))) {
      answer(response, 401);
      return;
    }
    if (maxOutstandingRequests >= 0 && outstanding >= maxOutstandingRequests) {
      answer(response, 429);
      return;
    }
    outstanding++;
    try {
      await invoke(context, request, response, match, target.url);
    } finally {
      outstanding--;
    }
  };
};

const answer = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { 'content-length': 0 }).end();
};

interface Target {
  readonly url: string;
  readonly path: string;
  readonly search: string;
}

/** Only a path that holds dots or backslashes needs the URL parser to be as a browser and Kestrel would have it. */
const parseTarget = (request: IncomingMessage): Target | undefined => {
  const raw = request.url ?? '/';
  const url = `http://${request.headers.host ?? '127.0.0.1'}${raw}`;
  if (!raw.startsWith('/') || !URL.canParse(url)) {
    return undefined;
  }
  const question = raw.indexOf('?');
  const path = question < 0 ? raw : raw.slice(0, question);
  const search = question < 0 ? '' : raw.slice(question);
  const isPlain = !path.includes('/.') && !path.includes('\\') && !/\/%2e/i.test(path);
  return { url, search, path: isPlain ? path : new URL(url).pathname };
};

/** The header comes first, then `?code=`. */
const givenKey = (request: IncomingMessage, search: string): string | undefined => {
  const header = request.headers['x-functions-key'];
  if (typeof header === 'string' && header !== '') {
    return header;
  }
  return search.includes('code=') ? (new URLSearchParams(search).get('code') ?? undefined) : undefined;
};

const invoke = async (
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  { hostFunction, parameters }: RouteMatch,
  url: string,
): Promise<void> => {
  const { dispatch, settings, log } = context;
  const traceParent = singleHeader(request, 'traceparent');
  const traceState = singleHeader(request, 'tracestate');
  try {
    if (context.stream !== undefined) {
      await context.stream(request, response, { hostFunction, parameters }, { traceParent, traceState });
      return;
    }
    if (hasChunkedBody(request)) {
      log(
        'warning',
        `Function.${hostFunction.name}`,
        'A chunked request body does not reach the function, as in Azure: enable HTTP streaming if it must',
      );
    }
    const body = await readBody(request);
    const data = { http: toHttpData(request, url, parameters, body) };
    const returned = await dispatch.run(hostFunction, { data, traceParent, traceState });
    writeResponse(response, returned?.http ?? undefined, settings.customHeaders);
  } catch (error) {
    if (error instanceof BodyTooLargeError) {
      response.writeHead(413, { 'content-length': 0, connection: 'close' }).end();
    } else if (error instanceof InvocationError && !response.headersSent) {
      answer(response, 500);
    } else if (response.destroyed || (request.destroyed && !request.complete)) {
      log('debug', 'Host.Http', 'The client went away before it was answered');
    } else {
      throw error;
    }
  }
};

const singleHeader = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};
