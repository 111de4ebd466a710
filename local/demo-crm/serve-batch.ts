import { z } from 'zod';
import { type Answer, type CrmRequest, jsonAnswer, readJson } from './exchange.ts';
import type { StruckBy } from './fault-switches.ts';
import { describeProblem, Problem } from './problem.ts';
import type { RecordType } from './record-types.ts';
import { type Write, type WriteParts, writeRecord } from './write-record.ts';

const MOST_ITEMS = 200;

const condition = { ifMatch: z.string().max(200).optional(), ifUnmodifiedSince: z.string().max(200).optional() };
const item = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('create'),
    record: z.unknown(),
    idempotencyKey: z.string().min(1).max(200).optional(),
  }),
  z.strictObject({ method: z.literal('update'), id: z.string(), record: z.unknown(), ...condition }),
  z.strictObject({ method: z.literal('delete'), id: z.string(), ...condition }),
]);
type Item = z.infer<typeof item>;

const batchSchema = z.strictObject({ items: z.array(item).min(1).max(MOST_ITEMS) });

/**
 * Answers `POST /v1/{type}/batch`: each item is written or not, whatever becomes of the others. The answer is a 207 with one result for each, in
 * their order: `{ status, id, etag, record }` or `{ status, error }`. Under `partial-batch` there is none.
 */
export const serveBatch = (
  parts: WriteParts,
  type: RecordType,
  request: CrmRequest,
  circumstances: { readonly struckBy: StruckBy; readonly nowMs: number },
): { readonly answer: Answer; readonly isLost: boolean } => {
  const parsed = batchSchema.safeParse(readJson(request));
  if (!parsed.success) {
    throw new Problem(400, 'invalid-body', z.prettifyError(parsed.error));
  }
  const applied = circumstances.struckBy.find('partial-batch')?.applied;
  const failing = circumstances.struckBy.find('fails-items');
  const results = parsed.data.items.slice(0, applied).map((each, place) => {
    try {
      if (failing?.items.includes(place) === true) {
        throw new Problem(failing.status, 'fault', 'the item failed (a fault switch)');
      }
      const { id, shown } = writeRecord(parts, type, writeOf(each), circumstances);
      const status = each.method === 'create' ? 201 : shown === undefined ? 204 : 200;
      return { status, id, ...(shown === undefined ? {} : { etag: shown.etag, record: JSON.parse(shown.body) }) };
    } catch (error) {
      if (error instanceof Problem) {
        return { status: error.status, error: describeProblem(error) };
      }
      throw error;
    }
  });
  return { answer: jsonAnswer(207, { results }), isLost: applied !== undefined };
};

const writeOf = (given: Item): Write => {
  if (given.method === 'create') {
    return { kind: 'create', body: given.record, idempotencyKey: given.idempotencyKey };
  }
  const { id, ifMatch, ifUnmodifiedSince } = given;
  const conditions = { ifMatch, ifUnmodifiedSince };
  return given.method === 'delete'
    ? { kind: 'delete', id, condition: conditions }
    : { kind: 'update', id, body: given.record, condition: conditions };
};
