import { z } from 'zod';
import { behaviourSchema } from './behaviour.ts';
import { editsBodySchema, makeEdits } from './edit-records.ts';
import { type Answer, type CrmRequest, jsonAnswer, readJson } from './exchange.ts';
import { faultsBodySchema } from './fault.ts';
import type { FaultSwitches } from './fault-switches.ts';
import { findDuplicate } from './find-duplicate.ts';
import { Problem } from './problem.ts';
import type { RateLimiter } from './rate-limit.ts';
import { idOf, RECORD_TYPES } from './record-types.ts';
import { countLive } from './serve-record.ts';
import type { Statistics } from './statistics.ts';
import type { Store } from './store.ts';
import type { WriteParts } from './write-record.ts';

export interface AdminParts extends WriteParts {
  readonly faults: FaultSwitches;
  readonly limiter: RateLimiter;
  readonly statistics: Statistics;
}

const changeBodySchema = z
  .strictObject({
    type: z.enum(RECORD_TYPES),
    kind: z.enum(['create', 'update', 'delete']).default('update'),
    /** How many records... */
    count: z.number().int().min(0).max(1_000_000).optional(),
    /** ...or which part of the live ones, 0 to 1. */
    share: z.number().min(0).max(1).optional(),
  })
  .refine((body) => (body.count === undefined) !== (body.share === undefined), { error: 'give count or share' });

const rateLimitBodySchema = z.strictObject({
  requests: z.number().int().positive(),
  windowMs: z.number().int().positive(),
  retryAfter: z.enum(['seconds', 'date']).default('seconds'),
});

type AdminRoute = (parts: AdminParts, request: CrmRequest, nowMs: number) => Answer;

const ROUTES: Readonly<Record<string, AdminRoute>> = {
  'GET /admin/faults': ({ faults }) => jsonAnswer(200, { faults: faults.states() }),
  'PUT /admin/faults': ({ faults }, request) => {
    faults.set(parseBody(faultsBodySchema, request));
    return jsonAnswer(200, { faults: faults.states() });
  },
  'DELETE /admin/faults': ({ faults }) => {
    faults.set([]);
    return { status: 204 };
  },
  'GET /admin/rate-limit': ({ limiter }) => jsonAnswer(200, limiter.limit ?? null),
  'PUT /admin/rate-limit': ({ limiter }, request) => {
    limiter.limit = parseBody(rateLimitBodySchema, request);
    return jsonAnswer(200, limiter.limit);
  },
  'DELETE /admin/rate-limit': ({ limiter }) => {
    limiter.limit = undefined;
    return { status: 204 };
  },
  'POST /admin/change': ({ changer, store }, request, nowMs) => {
    const { type, kind, count, share } = parseBody(changeBodySchema, request);
    const wanted = count ?? Math.round((share ?? 0) * countLive(store, type));
    const result = changer.change({ type, kind, count: wanted }, nowMs);
    return jsonAnswer(200, { type, kind, count: result.ids.length, ...result });
  },
  'POST /admin/edit': (parts, request, nowMs) =>
    jsonAnswer(200, { results: makeEdits(parts, parseBody(editsBodySchema, request), nowMs) }),
  'GET /admin/behaviour': ({ behaviour }) => jsonAnswer(200, behaviour.current),
  'PUT /admin/behaviour': ({ behaviour }, request) => {
    behaviour.current = parseBody(behaviourSchema, request);
    return jsonAnswer(200, behaviour.current);
  },
  'DELETE /admin/behaviour': ({ behaviour }) => {
    behaviour.reset();
    return { status: 204 };
  },
  'GET /admin/writes': ({ writes }) => jsonAnswer(200, { totals: writes.totals(), records: writes.records() }),
  'DELETE /admin/writes': ({ writes }) => {
    writes.clear();
    return { status: 204 };
  },
  'GET /admin/stats': ({ statistics, store, writes }) =>
    jsonAnswer(200, {
      ...statistics.read(),
      writes: writes.totals(),
      records: Object.fromEntries(RECORD_TYPES.map((type) => [type, countLive(store, type)])),
    }),
  'GET /admin/duplicates': ({ store }) => jsonAnswer(200, { duplicates: listDuplicates(store) }),
  'POST /admin/reset': ({ behaviour, changer, store, faults, limiter, statistics, writes }) => {
    changer.flush();
    store.reset();
    faults.set([]);
    limiter.limit = undefined;
    statistics.clear();
    behaviour.reset();
    writes.clear();
    return { status: 204 };
  },
};

/** Answers a request below `/admin`; faults and rate limits leave these alone. */
export const serveAdmin = (parts: AdminParts, request: CrmRequest, nowMs: number): Answer => {
  const route = ROUTES[`${request.method} ${request.url.pathname}`];
  if (route === undefined) {
    throw new Problem(404, 'not-found', `there is no ${request.method} ${request.url.pathname}`);
  }
  return route(parts, request, nowMs);
};

const parseBody = <Output>(schema: z.ZodType<Output>, request: CrmRequest): Output => {
  const result = schema.safeParse(readJson(request));
  if (!result.success) {
    throw new Problem(400, 'invalid-body', z.prettifyError(result.error));
  }
  return result.data;
};

/** Which of the generated contacts are second entries of a person, and of whom: the truth to measure matching by. */
const listDuplicates = (store: Store) =>
  Array.from({ length: store.dataset.counts.contacts }, (_, index) => ({
    index,
    found: findDuplicate(store.dataset, index),
  })).flatMap(({ index, found }) =>
    found === undefined
      ? []
      : [{ id: idOf('contacts', index), originalId: idOf('contacts', found.originalIndex), kind: found.kind }],
  );
