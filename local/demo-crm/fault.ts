import { z } from 'zod';
import { RECORD_TYPES } from './record-types.ts';

const seconds = z.number().int().min(0).max(3600);
/** How `Retry-After` is written: as seconds, as an HTTP date, or not at all. */
const retryAfter = z.enum(['seconds', 'date', 'none']);

/** When a fault strikes; without any of these, at every request (or write) that its kind can strike. */
const conditions = {
  /** How many times it strikes before it is used up. */
  times: z.number().int().positive().optional(),
  /** How likely it strikes, 0 to 1; drawn from the seed, so the same in every run. */
  probability: z.number().min(0).max(1).optional(),
  match: z
    .strictObject({
      type: z.enum(RECORD_TYPES).optional(),
      method: z.enum(['GET', 'POST', 'PATCH', 'DELETE']).optional(),
      /** Strikes only after so many matching requests have passed since the fault was set. */
      afterRequests: z.number().int().min(0).optional(),
    })
    .optional(),
};

const faultSchema = z.discriminatedUnion('kind', [
  /** The answer comes `ms` later. */
  z.strictObject({ kind: z.literal('slow'), ms: z.number().int().min(0).max(600_000), ...conditions }),
  z.strictObject({
    kind: z.literal('error'),
    status: z.number().int().min(400).max(599).default(500),
    retryAfter: retryAfter.default('none'),
    seconds: seconds.default(1),
    ...conditions,
  }),
  z.strictObject({
    kind: z.literal('rate-limit'),
    retryAfter: retryAfter.default('seconds'),
    seconds: seconds.default(1),
    ...conditions,
  }),
  /** The connection breaks in the middle of the body. */
  z.strictObject({ kind: z.literal('truncated-body'), ...conditions }),
  /** The connection breaks before any answer; nothing is written. */
  z.strictObject({ kind: z.literal('disconnect'), ...conditions }),
  /** The body is cut in the middle, but its length is announced as that: only the JSON is broken. */
  z.strictObject({ kind: z.literal('broken-json'), ...conditions }),
  z.strictObject({
    kind: z.literal('wrong-content-type'),
    contentType: z.string().default('text/html'),
    ...conditions,
  }),
  /** There is no answer, and nothing is written; the connection stays open. */
  z.strictObject({ kind: z.literal('hang'), ...conditions }),
  /** A write is done; then there is no answer, and the connection stays open. */
  z.strictObject({ kind: z.literal('hang-after-commit'), ...conditions }),
  /** A write is done; then the connection breaks before any answer. */
  z.strictObject({ kind: z.literal('disconnect-after-commit'), ...conditions }),
  /** A write is done, and answered as if it had failed. */
  z.strictObject({
    kind: z.literal('error-after-commit'),
    status: z.number().int().min(500).max(599).default(500),
    ...conditions,
  }),
  /** The first items of a batch are written, the others not; then the connection breaks. */
  z.strictObject({ kind: z.literal('partial-batch'), applied: z.number().int().min(0).max(200), ...conditions }),
  /** Some items of a batch, by their place in it from 0, are not written and have this status; the others are. */
  z.strictObject({
    kind: z.literal('fails-items'),
    items: z.array(z.number().int().min(0).max(199)).min(1),
    status: z.number().int().min(400).max(599).default(500),
    ...conditions,
  }),
  /** Somebody else changes each record just before it is written: what its writer has seen is no longer so. */
  z.strictObject({
    kind: z.literal('moves-on'),
    /** What they change; a phone number, a job title and the like unless given. */
    patch: z.record(z.string(), z.unknown()).optional(),
    ...conditions,
  }),
  /** A write that names the field is refused with 422. */
  z.strictObject({
    kind: z.literal('rejects-field'),
    field: z.string().min(1).max(200),
    message: z.string().max(1000).default('is not valid (a fault switch)'),
    ...conditions,
  }),
  /** A list request with a cursor gets 410 `cursor-expired`. */
  z.strictObject({ kind: z.literal('expired-cursor'), ...conditions }),
  /** Lists show all records with one `updatedAt`, in order of id. */
  z.strictObject({
    kind: z.literal('equal-timestamps'),
    at: z.iso.datetime({ offset: true }).default('2026-07-01T00:00:00.000Z'),
    ...conditions,
  }),
  /** Changes by the ticker and `POST /admin/change` show up `delayMs` after the `updatedAt` they carry. */
  z.strictObject({ kind: z.literal('late-rows'), delayMs: z.number().int().min(1).max(600_000), ...conditions }),
  /** A list request gets no records, and a cursor to where it was. */
  z.strictObject({ kind: z.literal('empty-page'), ...conditions }),
  /** A list request gets no records and no cursor, as if there were none. */
  z.strictObject({ kind: z.literal('empty-list'), ...conditions }),
  /** A list request with a cursor gets its own cursor as the next. */
  z.strictObject({ kind: z.literal('repeated-cursor'), ...conditions }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;

/** One fault, a list of them, or `{ "faults": [...] }`. */
export const faultsBodySchema = z
  .union([z.strictObject({ faults: z.array(faultSchema) }), z.array(faultSchema), faultSchema])
  .transform((body) => (Array.isArray(body) ? body : 'faults' in body ? body.faults : [body]));
