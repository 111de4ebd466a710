import { z } from 'zod';
import { RECORD_TYPES } from './record-types.ts';
import { commitWrite, type WriteParts } from './write-record.ts';

const type = z.enum(RECORD_TYPES);
const record = z.record(z.string(), z.unknown());

const edit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create'), type, record }),
  z.strictObject({ kind: z.literal('update'), type, id: z.string(), patch: record }),
  z.strictObject({ kind: z.literal('delete'), type, id: z.string() }),
]);
type Edit = z.infer<typeof edit>;

/** One exact edit, or a list of them. */
export const editsBodySchema = z
  .union([z.array(edit).max(1000), edit])
  .transform((body) => (Array.isArray(body) ? body : [body]));

interface Edited {
  readonly id: string;
  readonly record?: unknown;
}

/** Makes edits as people do in the CRM itself: faults do not touch them, and they do not count as writes of a client. The first that fails ends it. */
export const makeEdits = (parts: WriteParts, edits: readonly Edit[], nowMs: number): readonly Edited[] =>
  edits.map((each) => {
    const { id, shown } = commitWrite(parts, each.type, writeOf(each), nowMs).written;
    return { id, ...(shown === undefined ? {} : { record: JSON.parse(shown.body) as unknown }) };
  });

const writeOf = (given: Edit): Parameters<typeof commitWrite>[2] => {
  switch (given.kind) {
    case 'create':
      return { kind: 'create', body: given.record };
    case 'update':
      return { kind: 'update', id: given.id, body: given.patch, condition: {} };
    case 'delete':
      return { kind: 'delete', id: given.id, condition: {} };
  }
};
