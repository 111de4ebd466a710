import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiParts, answerError, answerRequest, type Reply } from './answer-request.ts';
import { type Behaviour, createBehaviourSwitch } from './behaviour.ts';
import { createChanger } from './change-records.ts';
import type { CrmRequest } from './exchange.ts';
import { createFaultSwitches } from './fault-switches.ts';
import { loadInstitutions } from './institutions.ts';
import { type Journal, type Origin, openJournal } from './journal.ts';
import { Problem } from './problem.ts';
import { createRateLimiter, type RateLimit } from './rate-limit.ts';
import { createStatistics } from './statistics.ts';
import { openStore } from './store.ts';
import { createWriteCounts } from './write-counts.ts';

export interface DemoCrmOptions {
  /** On 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** The twin's data directory: changes are kept in `demo-crm/` below it. Without it they end with the server. */
  readonly dataDir?: string;
  readonly seed?: number;
  readonly companies?: number;
  readonly contacts?: number;
  readonly deals?: number;
  /** Changes a few records every so many milliseconds; never unless given. */
  readonly tickerMs?: number;
  /** Made up unless given; a data directory keeps it. */
  readonly apiKey?: string;
  /** None unless given. */
  readonly rateLimit?: RateLimit;
  /** Without quirks, and with idempotency keys, unless given. */
  readonly behaviour?: Partial<Behaviour>;
}

export interface DemoCrm {
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  /** Ends open connections, keeps what is to be kept. */
  close(): Promise<void>;
}

const DEFAULTS = { seed: 1, companies: 23_974, contacts: 20_000, deals: 5_000 };
const LONGEST_BODY_BYTES = 1024 * 1024;

/**
 * Starts the CRM on 127.0.0.1. Throws if the port is taken, or if the data directory was begun with another seed, other
 * counts or another key than the options name.
 */
export const startDemoCrm = async (options: DemoCrmOptions = {}): Promise<DemoCrm> => {
  const journal = openJournal(options.dataDir);
  try {
    const origin = settleOrigin(journal, options);
    const { seed, apiKey, ...counts } = origin;
    const behaviour = createBehaviourSwitch(options.behaviour);
    const store = openStore({ seed, counts, institutions: loadInstitutions() }, journal, behaviour);
    const faults = createFaultSwitches(seed);
    const parts: ApiParts = {
      apiKey,
      store,
      faults,
      behaviour,
      changer: createChanger(store, faults, behaviour),
      limiter: createRateLimiter(options.rateLimit),
      statistics: createStatistics(),
      writes: createWriteCounts(),
      now: Date.now,
    };
    const server = createServer((request, response) => void handle(parts, request, response));
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ticker =
      options.tickerMs === undefined
        ? undefined
        : setInterval(() => parts.changer.tick(parts.now()), options.tickerMs).unref();
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      apiKey,
      close: async () => {
        clearInterval(ticker);
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
        parts.changer.flush();
        journal.close();
      },
    };
  } catch (error) {
    journal.close();
    throw error;
  }
};

const settleOrigin = (journal: Journal, options: DemoCrmOptions): Origin => {
  const before = journal.origin;
  const origin: Origin = {
    seed: options.seed ?? before?.seed ?? DEFAULTS.seed,
    companies: options.companies ?? before?.companies ?? DEFAULTS.companies,
    contacts: options.contacts ?? before?.contacts ?? DEFAULTS.contacts,
    deals: options.deals ?? before?.deals ?? DEFAULTS.deals,
    apiKey: options.apiKey ?? before?.apiKey ?? `crm_${randomBytes(24).toString('base64url')}`,
  };
  if (before === undefined) {
    journal.begin(origin);
    return origin;
  }
  for (const name of ['seed', 'companies', 'contacts', 'deals', 'apiKey'] as const) {
    if (before[name] !== origin[name]) {
      throw new Error(
        `the CRM's data directory was begun with another ${name}; leave the option out or begin a new directory`,
      );
    }
  }
  return origin;
};

const handle = async (parts: ApiParts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let reply: Reply;
  try {
    reply = await answerRequest(parts, await readRequest(request));
  } catch (error) {
    if (response.destroyed) {
      return;
    }
    reply = { answer: answerError(error), delivery: 'whole' };
  }
  deliver(reply, response);
};

const deliver = ({ answer, delivery }: Reply, response: ServerResponse): void => {
  if (delivery === 'hang') {
    return;
  }
  if (delivery === 'disconnect') {
    response.destroy();
    return;
  }
  const body = Buffer.from(answer.body ?? '');
  response.writeHead(answer.status, {
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(answer.status === 204 || answer.status === 304 ? {} : { 'content-length': body.length }),
    'cache-control': 'no-store',
    ...answer.headers,
  });
  if (delivery === 'truncated') {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
    return;
  }
  response.end(body);
};

/** Reads the body; throws a 413 problem over 1 MB and a 400 problem for a URL that is none. */
const readRequest = async (request: IncomingMessage): Promise<CrmRequest> => {
  const url = readUrl(request);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY_BYTES) {
      throw new Problem(413, 'too-large', `the body is longer than ${LONGEST_BODY_BYTES} bytes`, {
        connection: 'close',
      });
    }
    chunks.push(chunk);
  }
  return { method: request.method ?? 'GET', url, headers: request.headers, body: Buffer.concat(chunks) };
};

/** The origin is the one the client used, so that next URLs stay on it; only names of this machine are believed. */
const readUrl = (request: IncomingMessage): URL => {
  const host = request.headers.host ?? '';
  const origin = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/.test(host)
    ? `http://${host}`
    : `http://127.0.0.1:${request.socket.localPort ?? 0}`;
  const target = request.url ?? '/';
  if (!target.startsWith('/') || !URL.canParse(origin + target)) {
    throw new Problem(400, 'invalid-url', 'the request target is not a path');
  }
  return new URL(origin + target);
};
