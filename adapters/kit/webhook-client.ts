import { isIP } from 'node:net';
import type { Dispatcher } from 'undici';
import type { PostOutcome } from '../../shared/core/outgoing/next-step.ts';
import type { WebhookClient, WebhookPost } from '../../shared/core/ports.ts';
import { guardConnect, guardLookup } from './guarded-connect.ts';
import { parseHttpDate } from './http-date.ts';
import { createNetworkFailure } from './network-failure.ts';
import { isReachableAddress } from './reachable-address.ts';
import { createRedact, type Redact } from './redact.ts';
import { describeRequest } from './request-url.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface WebhookClientOptions {
  /** Lets posts go to loopback and private networks, and over http. */
  readonly allowPrivateAddresses: boolean;
  /** For one post as a whole. */
  readonly timeoutMs: number;
  readonly userAgent?: string;
}

const connectTimeoutMs = 10_000;

/** So much of an answer is read; the rest is not waited for. */
const mostReadBytes = 16 * 1024;
const mostShownCharacters = 1000;

/** A client whose kept-alive connections can be let go of. */
export type ClosableWebhookClient = WebhookClient & { close(): Promise<void> };

/**
 * Makes the client that posts events to tenants' receivers. It connects to public addresses only (unless allowed), checked as the connection is
 * made; follows no redirect; and reads only the beginning of an answer. The HTTP client is loaded on the first post.
 */
export function createWebhookClient(options: WebhookClientOptions): ClosableWebhookClient {
  let dispatcher: Promise<Dispatcher> | undefined;
  return {
    check: (url) => checkUrl(url, options.allowPrivateAddresses),
    post: async (request) => {
      dispatcher ??= createDispatcher(options);
      return post(request, await dispatcher, options);
    },
    close: async () => {
      const open = await dispatcher;
      dispatcher = undefined;
      await open?.destroy();
    },
  };
}

function checkUrl(text: string, allowPrivate: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'must be an absolute URL';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowPrivate)) return 'must be https';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isRefused = isIP(host) !== 0 && !isReachableAddress(host, allowPrivate);
  return isRefused ? 'must be at a public address' : undefined;
}

async function createDispatcher({ allowPrivateAddresses, timeoutMs }: WebhookClientOptions): Promise<Dispatcher> {
  const { Agent, buildConnector } = await import('undici');
  const connect = buildConnector({
    allowH2: false,
    timeout: Math.min(timeoutMs, connectTimeoutMs),
    lookup: guardLookup(allowPrivateAddresses),
  });
  return new Agent({
    allowH2: false,
    // As many connections as posts: how many there are at once is the queue's matter, and none shall spend its time in line behind a slow one.
    connect: guardConnect(connect, allowPrivateAddresses),
    // The one clock of a post is its abort signal.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

async function post(
  { url, headers, body, secrets }: WebhookPost,
  dispatcher: Dispatcher,
  { allowPrivateAddresses, timeoutMs, userAgent }: WebhookClientOptions,
): Promise<PostOutcome> {
  const startedMs = performance.now();
  const durationMs = () => Math.round(performance.now() - startedMs);
  const redact = createRedact([...secrets, headers['webhook-signature'] ?? '']);
  const wrong = checkUrl(url, allowPrivateAddresses);
  if (wrong !== undefined) return { kind: 'failed', problem: `The URL ${wrong}.`, durationMs: durationMs() };
  const target = new URL(url);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await dispatcher.request({
      origin: target.origin,
      path: `${target.pathname}${target.search}`,
      method: 'POST',
      headers: { accept: '*/*', 'user-agent': userAgent ?? 'castiel-integrations', ...headers },
      body,
      signal,
    });
    const retryAfterMs = retryAfterOf(answer.headers);
    const excerpt = await readExcerpt(answer, redact);
    return {
      kind: 'answered',
      status: answer.statusCode,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(excerpt === '' ? {} : { excerpt }),
      durationMs: durationMs(),
    };
  } catch (error) {
    const request = describeRequest('POST', target);
    const { message } = createNetworkFailure(request, error, { timeoutMs, redact });
    return { kind: 'failed', problem: redact(message), durationMs: durationMs() };
  }
}

/** The beginning of an answer as text. One that breaks off, or takes too long to come, has been an answer all the same. */
async function readExcerpt({ headers, body }: Dispatcher.ResponseData, redact: Redact): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.byteLength;
      // Leaving the loop closes the connection: nobody waits for the rest.
      if (length >= mostReadBytes) break;
    }
  } catch {
    // What came until then is shown.
  }
  const encoding = headerOf(headers, 'content-encoding') ?? 'identity';
  if (encoding !== 'identity') return '';
  const text = new TextDecoder('utf-8').decode(Buffer.concat(chunks).subarray(0, mostReadBytes));
  // Redacted before it is cut, so that no part of a secret is left at the end.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const shown = redact(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ');
  return shown.slice(0, mostShownCharacters).toWellFormed();
}

/** A date is compared with the receiver's own clock where it tells it. */
function retryAfterOf(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const nowMs = parseHttpDate(headerOf(headers, 'date') ?? '') ?? Date.now();
  return parseRetryAfter(headerOf(headers, 'retry-after'), nowMs);
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}
