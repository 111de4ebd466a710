import type { Dispatcher } from 'undici';
import {
  type Adapter,
  AdapterFailure,
  type AdapterHttp,
  type AdapterHttpRequest,
  type AdapterHttpResponse,
  type Credential,
  type OpenCall,
} from '../../shared/core/adapter.ts';
import { type Authorised, authorise } from './authorise.ts';
import { guardConnect, guardLookup } from './guarded-connect.ts';
import { createNetworkFailure } from './network-failure.ts';
import { parseJsonBody } from './parse-json.ts';
import { acceptedEncodings, readBody } from './read-body.ts';
import { createRedact, type Redact } from './redact.ts';
import {
  assertSameOrigin,
  describeRequest,
  parseBaseUrl,
  removeQueryParameter,
  resolveRequestUrl,
  setQueryParameter,
} from './request-url.ts';
import { requestWatched } from './request-watched.ts';
import { createStatusFailure, isRefusal } from './status-failure.ts';

const mostRedirects = 3;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
const connectionsPerOrigin = 64;
const connectTimeoutMs = 10_000;

export interface OpenCallOptions {
  /** Lets calls go to loopback and private networks, and over http. For a deployment whose providers live in its own network. */
  readonly allowPrivateAddresses: boolean;
  /** For one call as a whole, redirects and body included. Default: 30 seconds. */
  readonly timeoutMs?: number;
  /** For a body, as it travels and as it is after decompression. Default: 20 MiB. */
  readonly maxResponseBytes?: number;
  readonly userAgent?: string;
  /** Stands between all calls and the network, for what records and plays exchanges; guards, limits and redaction stay around it. */
  readonly wrapWire?: (wire: Wire) => Wire;
}

/** One exchange as it travels: signed in, and as the other side wrote its answer. */
export type Wire = (request: WireRequest) => Promise<WireAnswer>;

export interface WireRequest {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: NonNullable<AdapterHttpRequest['method']>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it was sent, not decompressed. `dump` lets go of one that nobody reads. */
  readonly body: AsyncIterable<Uint8Array> & { dump(): Promise<void> };
}

/** An opener whose kept-alive connections can be let go of. */
export type ClosableOpenCall = OpenCall & { close(): Promise<void> };

/**
 * Makes the opener of calls to providers. What it opens is authorised with the connection's credential, pinned to the origin of
 * the adapter's base URL, closed to addresses inside the network (unless allowed), timed out and size-capped; every failure is an
 * `AdapterFailure` that holds no secret, no query and no payload. Connections are kept alive and shared by all calls of one
 * opener; the HTTP client is loaded on the first call.
 */
export function createOpenCall(options: OpenCallOptions): ClosableOpenCall {
  const limits: Limits = {
    allowPrivateAddresses: options.allowPrivateAddresses,
    timeoutMs: options.timeoutMs ?? 30_000,
    maxResponseBytes: options.maxResponseBytes ?? 20 * 1024 * 1024,
    userAgent: options.userAgent ?? 'castiel-integrations',
  };
  let dispatcher: Promise<Dispatcher> | undefined;
  const connect = () => {
    dispatcher ??= createDispatcher(limits);
    return dispatcher;
  };
  const network: Wire = async (request) => await requestWatched(await connect(), request);
  const wire = options.wrapWire?.(network) ?? network;
  const openCall: OpenCall = ({ adapter, settings, credential }) => ({
    settings,
    http: createHttp(adapter, settings, credential, limits, wire),
  });
  const close = async () => {
    const open = await dispatcher;
    dispatcher = undefined;
    await open?.destroy();
  };
  return Object.assign(openCall, { close });
}

interface Limits {
  readonly allowPrivateAddresses: boolean;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly userAgent: string;
}

/** Whether the request was given to the network; before that, nothing of it can have gone out. */
interface Progress {
  given: boolean;
}

/** What all requests of one call have in common. */
interface Exchange {
  readonly limits: Limits;
  readonly base: URL;
  readonly authorised: Authorised;
  readonly redact: Redact;
  readonly wire: Wire;
  readonly progress: Progress;
}

async function createDispatcher(limits: Limits): Promise<Dispatcher> {
  const { Agent, buildConnector } = await import('undici');
  const connect = buildConnector({
    allowH2: false,
    timeout: Math.min(limits.timeoutMs, connectTimeoutMs),
    lookup: guardLookup(limits.allowPrivateAddresses),
  });
  return new Agent({
    allowH2: false,
    connect: guardConnect(connect, limits.allowPrivateAddresses),
    connections: connectionsPerOrigin,
    // The one clock of a call is its abort signal.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function createHttp<Settings>(
  adapter: Adapter<Settings>,
  settings: Settings,
  credential: Credential,
  limits: Limits,
  wire: Wire,
): AdapterHttp {
  return async (request) => {
    const progress: Progress = { given: false };
    let redact: Redact = (text) => text;
    try {
      const base = parseBaseUrl(adapter.baseUrl(settings), limits.allowPrivateAddresses);
      const authorised = authorise(adapter.authorisation(settings), credential);
      redact = createRedact(authorised.secrets);
      return await send(request, { limits, base, authorised, redact, wire, progress });
    } catch (error) {
      throw completeFailure(error, redact, progress);
    }
  };
}

async function send(request: AdapterHttpRequest, exchange: Exchange): Promise<AdapterHttpResponse> {
  const method = request.method ?? 'GET';
  const signal = AbortSignal.timeout(exchange.limits.timeoutMs);
  let url = resolveRequestUrl(exchange.base, request.url, request.query);
  for (let redirects = 0; ; redirects += 1) {
    const answer = await sendOnce(request, method, url, signal, exchange);
    const isExpected = request.expect?.includes(answer.statusCode) === true;
    if (isExpected || !redirectStatuses.includes(answer.statusCode)) {
      return await readAnswer(answer, { method, url, isExpected, exchange });
    }
    discard(answer);
    url = redirectTarget(answer, { method, url, redirects, exchange });
  }
}

async function sendOnce(
  request: AdapterHttpRequest,
  method: NonNullable<AdapterHttpRequest['method']>,
  url: URL,
  signal: AbortSignal,
  { authorised, wire, limits, redact, progress }: Exchange,
): Promise<WireAnswer> {
  // A link may echo the key that asked for it; it is taken out here and put back on the copy that is sent.
  if (authorised.query !== undefined) removeQueryParameter(url, authorised.query.name);
  const asked = new URL(url);
  if (authorised.query !== undefined) setQueryParameter(asked, authorised.query.name, authorised.query.value);
  try {
    progress.given = true;
    return await wire({
      origin: asked.origin,
      path: `${asked.pathname}${asked.search}`,
      method,
      headers: { ...createHeaders(request, limits), ...authorised.headers },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal,
    });
  } catch (error) {
    throw createNetworkFailure(describeRequest(method, url), error, { timeoutMs: limits.timeoutMs, redact });
  }
}

function createHeaders(request: AdapterHttpRequest, limits: Limits): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': acceptedEncodings,
    'user-agent': limits.userAgent,
  };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  return headers;
}

function redirectTarget(
  answer: WireAnswer,
  { method, url, redirects, exchange }: { method: string; url: URL; redirects: number; exchange: Exchange },
): URL {
  const request = describeRequest(method, url);
  const status = answer.statusCode;
  const wroteNothing = isRefusal(status, (name) => headerOf(answer, name));
  const fail = (why: string) =>
    new AdapterFailure('unexpected-response', `${request} was redirected ${why}.`, { status, wroteNothing });
  if (method !== 'GET') throw fail('and what writes is not sent twice');
  if (redirects >= mostRedirects) throw fail(`more than ${mostRedirects} times`);
  const target = URL.parse(headerOf(answer, 'location') ?? '', url.href);
  if (target === null || headerOf(answer, 'location') === undefined) throw fail('to nowhere');
  assertSameOrigin(exchange.base, target, `${request} was redirected: it`);
  return target;
}

async function readAnswer(
  answer: WireAnswer,
  { method, url, isExpected, exchange }: { method: string; url: URL; isExpected: boolean; exchange: Exchange },
): Promise<AdapterHttpResponse> {
  const { limits, redact } = exchange;
  const status = answer.statusCode;
  const request = describeRequest(method, url);
  const header = (name: string) => headerOf(answer, name.toLowerCase());
  if (!isExpected && status !== 304 && (status < 200 || status > 299)) {
    discard(answer);
    throw createStatusFailure(request, status, header, Date.now());
  }
  let bytes: Buffer;
  try {
    const encoding = header('content-encoding') ?? '';
    bytes = await readBody(answer.body, { request, encoding, maxBytes: limits.maxResponseBytes });
  } catch (error) {
    if (error instanceof AdapterFailure) throw error;
    throw createNetworkFailure(request, error, { timeoutMs: limits.timeoutMs, redact });
  }
  return {
    status,
    header,
    url: url.href,
    json: () => {
      try {
        return parseJsonBody(request, bytes, header('content-type'));
      } catch (error) {
        throw completeFailure(error, redact);
      }
    },
    redact,
  };
}

/** Frees the connection of an answer whose body nobody needs; it ends, at the latest, with the call's abort signal. */
function discard(answer: WireAnswer): void {
  void answer.body.dump();
}

function headerOf(answer: WireAnswer, name: string): string | undefined {
  const value = Object.hasOwn(answer.headers, name) ? answer.headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The failure without secrets, and with what is known of how far its request got. */
function completeFailure(error: unknown, redact: Redact, progress: Progress = { given: true }): unknown {
  if (!(error instanceof AdapterFailure)) return error;
  const message = redact(error.message);
  const wroteNothing = error.wroteNothing || !progress.given;
  if (message === error.message && wroteNothing === error.wroteNothing) return error;
  const { kind, status, retryAfterMs, cause } = error;
  return new AdapterFailure(kind, message, { status, retryAfterMs, wroteNothing, cause });
}
