import { setTimeout as delay } from 'node:timers/promises';
import { authenticate } from './authenticate.ts';
import { type Answer, type CrmRequest, jsonAnswer } from './exchange.ts';
import type { StruckBy } from './fault-switches.ts';
import { describeProblem, Problem } from './problem.ts';
import { writeRetryAfter } from './rate-limit.ts';
import { isRecordType, type RecordType } from './record-types.ts';
import { type AdminParts, serveAdmin } from './serve-admin.ts';
import { serveBatch } from './serve-batch.ts';
import { serveList } from './serve-list.ts';
import { serveAccount, serveCreate, serveRecord } from './serve-record.ts';

export interface ApiParts extends AdminParts {
  readonly apiKey: string;
  readonly now: () => number;
}

/** How the answer goes out: whole, or damaged by a fault. */
type Delivery = 'whole' | 'truncated' | 'hang' | 'disconnect';

export interface Reply {
  readonly answer: Answer;
  readonly delivery: Delivery;
}

/** Answers one request; problems, wherever they arise, come as answers. */
export const answerRequest = async (parts: ApiParts, request: CrmRequest): Promise<Reply> => {
  const { pathname } = request.url;
  try {
    authenticate(request.headers, request.url, parts.apiKey);
  } catch (error) {
    parts.statistics.count(`${request.method} ${routeOf(pathname).name}`, 401, 0);
    return whole(answerError(error));
  }
  if (pathname.startsWith('/admin/')) {
    try {
      return whole(serveAdmin(parts, request, parts.now()));
    } catch (error) {
      return whole(answerError(error));
    }
  }
  return answerApi(parts, request);
};

const answerApi = async (parts: ApiParts, request: CrmRequest): Promise<Reply> => {
  const route = routeOf(request.url.pathname);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const struckBy = parts.faults.strike({
    type: route.type,
    method: request.method,
    isList: route.type !== undefined && route.id === undefined && isRead,
    hasCursor: request.url.searchParams.has('cursor'),
    isWrite: !isRead,
    isBatch: route.isBatch === true && !isRead,
  });
  const slow = struckBy.find('slow');
  if (slow !== undefined) {
    await delay(slow.ms, undefined, { ref: false });
  }
  let records = 0;
  let answer: Answer;
  let delivery = deliveryOf(struckBy);
  let rateHeaders: Readonly<Record<string, string>> = {};
  try {
    rateHeaders = takePermit(parts);
    throwStruck(struckBy, parts.now());
    const isUndone = !isRead && (delivery === 'hang' || delivery === 'disconnect');
    const served = isUndone ? UNDONE : serveRoute(parts, route, request, struckBy);
    records = served.records;
    delivery = served.isLost === true ? 'disconnect' : afterCommit(struckBy, delivery);
    throwAfterCommit(struckBy);
    answer = damage(served.answer, struckBy);
  } catch (error) {
    answer = answerError(error);
  }
  const isSent = delivery === 'whole' || delivery === 'truncated';
  parts.statistics.count(`${request.method} ${route.name}`, isSent ? answer.status : undefined, records);
  return { answer: { ...answer, headers: { ...rateHeaders, ...answer.headers } }, delivery };
};

interface Route {
  /** The path with `{id}` for an id, for the statistics. */
  readonly name: string;
  readonly type?: RecordType;
  readonly id?: string;
  readonly isBatch?: boolean;
}

const routeOf = (pathname: string): Route => {
  const [, version, type = '', id, ...rest] = pathname.split('/');
  if (version === 'v1' && type === 'me' && id === undefined) {
    return { name: '/v1/me' };
  }
  if (version !== 'v1' || !isRecordType(type) || rest.length > 0) {
    return { name: 'unknown' };
  }
  if (id === 'batch') {
    return { name: `/v1/${type}/batch`, type, isBatch: true };
  }
  return id === undefined ? { name: `/v1/${type}`, type } : { name: `/v1/${type}/{id}`, type, id };
};

interface Served {
  readonly answer: Answer;
  readonly records: number;
  /** Whether the connection breaks instead of the answer. */
  readonly isLost?: boolean;
}

const UNDONE: Served = { answer: { status: 503 }, records: 0 };

const serveRoute = (parts: ApiParts, route: Route, request: CrmRequest, struckBy: StruckBy): Served => {
  const { store } = parts;
  const circumstances = { struckBy, nowMs: parts.now() };
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (route.type === undefined) {
    if (route.name === '/v1/me' && isRead) {
      return { answer: serveAccount(store), records: 0 };
    }
    throw new Problem(404, 'not-found', `there is no ${request.method} ${request.url.pathname}`);
  }
  const { type, id } = route;
  if (id !== undefined) {
    return { answer: serveRecord(parts, { type, id }, request, circumstances), records: 0 };
  }
  if (route.isBatch === true) {
    if (request.method !== 'POST') {
      throw new Problem(405, 'method-not-allowed', `${request.method} is not for batches`, { allow: 'POST' });
    }
    return { ...serveBatch(parts, type, request, circumstances), records: 0 };
  }
  if (isRead) {
    return serveList(store, type, request, struckBy);
  }
  if (request.method === 'POST') {
    return { answer: serveCreate(parts, type, request, circumstances), records: 0 };
  }
  throw new Problem(405, 'method-not-allowed', `${request.method} is not for lists`, { allow: 'GET, HEAD, POST' });
};

const takePermit = ({ limiter, now }: ApiParts): Readonly<Record<string, string>> => {
  const nowMs = now();
  const { limit } = limiter;
  const verdict = limiter.take(nowMs);
  if (limit === undefined) {
    return {};
  }
  const headers = { 'x-ratelimit-limit': `${limit.requests}`, 'x-ratelimit-remaining': `${verdict.remaining}` };
  if (!verdict.isAllowed) {
    throw new Problem(429, 'rate-limited', `at most ${limit.requests} requests in ${limit.windowMs} ms`, {
      ...headers,
      'retry-after': writeRetryAfter(limit.retryAfter, verdict.retryAfterMs, nowMs),
    });
  }
  return headers;
};

const throwStruck = (struckBy: StruckBy, nowMs: number): void => {
  const limited = struckBy.find('rate-limit');
  const failed = struckBy.find('error');
  const fault = limited ?? failed;
  if (fault === undefined) {
    return;
  }
  const headers: Record<string, string> =
    fault.retryAfter === 'none'
      ? {}
      : { 'retry-after': writeRetryAfter(fault.retryAfter, fault.seconds * 1000, nowMs) };
  if (fault.kind === 'rate-limit') {
    throw new Problem(429, 'rate-limited', 'too many requests (a fault switch)', headers);
  }
  throw new Problem(fault.status, 'fault', 'the request failed (a fault switch)', headers);
};

const damage = (answer: Answer, struckBy: StruckBy): Answer => {
  const contentType = struckBy.find('wrong-content-type')?.contentType;
  const isBroken = struckBy.find('broken-json') !== undefined;
  return {
    ...answer,
    ...(isBroken && answer.body !== undefined ? { body: answer.body.slice(0, answer.body.length / 2) } : {}),
    ...(contentType === undefined ? {} : { headers: { ...answer.headers, 'content-type': contentType } }),
  };
};

const deliveryOf = (struckBy: StruckBy): Delivery => {
  if (struckBy.find('hang') !== undefined) {
    return 'hang';
  }
  if (struckBy.find('disconnect') !== undefined) {
    return 'disconnect';
  }
  return struckBy.find('truncated-body') === undefined ? 'whole' : 'truncated';
};

/** What is done and not answered; `before` is how the answer would go out otherwise. */
const afterCommit = (struckBy: StruckBy, before: Delivery): Delivery => {
  if (struckBy.find('hang-after-commit') !== undefined) {
    return 'hang';
  }
  return struckBy.find('disconnect-after-commit') === undefined ? before : 'disconnect';
};

const throwAfterCommit = (struckBy: StruckBy): void => {
  const status = struckBy.find('error-after-commit')?.status;
  if (status !== undefined) {
    throw new Problem(status, 'fault', 'the request failed after all (a fault switch)');
  }
};

const whole = (answer: Answer): Reply => ({ answer, delivery: 'whole' });

/** A problem as it is; any other error is a bug: written to stderr, answered without detail. */
export const answerError = (error: unknown): Answer => {
  if (error instanceof Problem) {
    return {
      status: error.status,
      headers: { 'content-type': 'application/problem+json', ...error.headers },
      body: JSON.stringify(describeProblem(error)),
    };
  }
  process.stderr.write(`demo-crm: ${error instanceof Error ? error.stack : String(error)}\n`);
  return jsonAnswer(500, { type: 'about:blank', title: 'Internal error', status: 500, code: 'internal-error' });
};
