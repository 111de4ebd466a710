import { z } from 'zod';
import { carriesSecret, isHeaderOfTheConnection } from './header-names.ts';
import { fieldPath, headerName, parameterName, path } from './setting-parts.ts';

const writePath = path.refine(
  (value) => !Array.from(new URLSearchParams(value.split('?')[1] ?? '').keys()).some(carriesSecret),
  'must hold no key, token or password: those belong into the credential',
);

const recordPath = writePath.refine(
  (value) => value.split('{id}').length === 2,
  'must name the record once as {id}, for example "/contacts/{id}"',
);

/** Names that objects inherit would be no members of the data. */
const bodyPath = fieldPath.refine(
  (value) => !value.split('.').some((name) => ['__proto__', 'constructor', 'prototype'].includes(name)),
  'must name members of the data',
);

const answerPath = fieldPath
  .optional()
  .describe('Path to the record in the answer. Without it the answer is the record.');

export const recordSettings = z
  .strictObject({ path: recordPath, answerPath })
  .describe('How one record is read: `{id}` in the path stands for its id. 404 and 410 say that it is not there.');

export const revisionSettings = z
  .strictObject({
    field: fieldPath.describe('A field that differs whenever the record does: its ETag, or a version that is one.'),
  })
  .describe('Without it the ETag header of a record that is read or written alone is its revision.');

const answersRecord = z
  .boolean()
  .default(true)
  .describe('Whether the answer shows the whole record as it is now. Of a create it tells the id in any case.');

const wrapped = bodyPath.optional().describe('Where in the body the record goes. Without it the body is the record.');

const create = z.strictObject({
  method: z.enum(['POST', 'PUT']).default('POST'),
  path: writePath,
  bodyPath: wrapped,
  answerPath,
  answersRecord,
  idempotencyHeader: headerName
    .refine((name) => !isHeaderOfTheConnection(name), 'is a header of the connection itself')
    .refine((name) => !carriesSecret(name), 'is the name of a header for a credential')
    .optional()
    .describe(
      'Header by which the provider makes one record of a create that is sent twice, for example "Idempotency-Key".',
    ),
  idempotencyHours: z
    .int()
    .min(1)
    .max(8760)
    .default(24)
    .describe('For how long the provider knows such a key. A create is not sent again after that.'),
});

const update = z.strictObject({
  method: z.enum(['PATCH', 'POST', 'PUT']).default('PATCH'),
  path: recordPath,
  bodyPath: wrapped,
  answerPath,
  answersRecord,
});

const remove = z.strictObject({ method: z.enum(['DELETE', 'POST']).default('DELETE'), path: recordPath });

const constants = z
  .record(bodyPath, z.union([z.string().max(200), z.number(), z.boolean()]))
  .refine((given) => Object.keys(given).length <= 10, 'must be at most 10 members')
  .optional()
  .describe('Further members of every item, for example { "method": "create" }.');

const batchVerb = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  path: writePath,
  constants,
});

const batch = z
  .strictObject({
    size: z.int().min(2).max(1000).describe('The most records in one request.'),
    itemsPath: bodyPath.describe('Where in the body the list of items goes.'),
    idPath: bodyPath.default('id').describe("Where in an item the record's id goes."),
    recordPath: bodyPath.optional().describe('Where in an item the record goes. Without it the item is the record.'),
    keyPath: bodyPath.optional().describe('Where in an item the idempotency key of a create goes.'),
    conditionPath: bodyPath.optional().describe('Where in an item goes what `condition` sends as a header otherwise.'),
    create: batchVerb.optional(),
    update: batchVerb.optional(),
    delete: batchVerb.optional(),
    results: z
      .strictObject({
        path: fieldPath.describe('Path to the list of results, one for each item, in their order.'),
        statusPath: fieldPath.describe('Path in a result to the HTTP status that its record would have had alone.'),
        recordPath: fieldPath.optional().describe('Path in a result to the record as it is now.'),
        idPath: fieldPath.default('id').describe("Path in a result to the record's id, where it shows no record."),
        revisionPath: fieldPath.optional().describe('Path in a result to the ETag.'),
        errorPath: fieldPath.optional().describe('Path in a result to what a refusal alone would have as its body.'),
      })
      .describe('What the answer says of each item, whatever became of the others (207).'),
  })
  .describe('Records that are written together. Every verb here needs the one for single records as well.');

const answer = (status: number) =>
  z
    .strictObject({
      status: z
        .int()
        .min(400)
        .max(499)
        .refine((given) => ![401, 403, 404, 408, 410, 423, 425, 429, 499].includes(given), 'has a meaning of its own')
        .default(status),
      codePath: fieldPath.optional(),
      code: z.union([z.string().max(200), z.number()]).optional(),
    })
    .refine(
      ({ codePath, code }) => (codePath === undefined) === (code === undefined),
      '"codePath" and "code" go together',
    );

const lookup = z.strictObject({
  param: parameterName.describe('Query parameter of the list that finds the records with a value.'),
  field: bodyPath.describe('The field that has it.'),
  value: z
    .enum(['field', 'idempotency-key'])
    .default('field')
    .describe(
      "What a create is known by: the record's own value of the field, or its idempotency key, which is then written into the field.",
    ),
  afterMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(0)
    .describe('How long after a create the list may not show it yet, in milliseconds.'),
});

export const writeSettings = z
  .strictObject({
    create: create.optional(),
    update: update
      .optional()
      .describe('Sends only what differs; the provider must leave alone what is not named, in nested objects too.'),
    delete: remove.optional(),
    batch: batch.optional(),
    condition: z
      .enum(['if-match', 'if-unmodified-since'])
      .optional()
      .describe(
        'The header by which the provider leaves alone what has changed since: with the revision, or with the modification time.',
      ),
    conflict: answer(412).prefault({}).describe('The answer that says that the record has changed since.'),
    exists: answer(409)
      .safeExtend({ idPath: fieldPath.optional().describe("Path to that record's id.") })
      .prefault({})
      .describe('The answer that says that there is a record with the same unique value.'),
    rejection: z
      .strictObject({
        reasonPath: fieldPath.default('detail').describe('Path to the reason; else `message` is looked at.'),
        itemsPath: fieldPath.default('errors').describe('Path to the list of what is wrong with fields.'),
        fieldPath: fieldPath.default('field').describe('Path in such an item to the name of the field.'),
        messagePath: fieldPath.default('message').describe('Path in such an item to what is wrong with it.'),
      })
      .prefault({})
      .describe('What a refusal says of the record.'),
    lookup: lookup.optional().describe('How a record is found that a create may have made whose answer never came.'),
    emptied: z
      .enum(['null', 'empty-text'])
      .default('null')
      .describe('How a field is emptied. `empty-text` sends "" instead of null.'),
    concurrency: z.int().min(1).max(16).default(4).describe('How many requests that write are made side by side.'),
  })
  .describe('What can be written, and how. A missing verb cannot.');

export type WriteSettings = z.infer<typeof writeSettings>;
export type BatchSettings = z.infer<typeof batch>;
export type AnswerSettings = WriteSettings['conflict'];

interface Mistake {
  readonly path: readonly string[];
  readonly message: string;
}

interface Surroundings {
  readonly auth: { readonly kind: string; readonly name?: string };
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What does not fit together in an object's settings for writing. */
export function findWriteMistake(
  {
    writes,
    modifiedField,
  }: { readonly writes?: WriteSettings | undefined; readonly modifiedField?: string | undefined },
  { auth, headers }: Surroundings,
): Mistake | undefined {
  if (writes === undefined) return undefined;
  const at = (...names: string[]) => ['writes', ...names];
  const header = writes.create?.idempotencyHeader?.toLowerCase();
  const taken = [
    ...Object.keys(headers ?? {}),
    ...(auth.kind === 'header' && auth.name !== undefined ? [auth.name] : []),
  ];
  if (header !== undefined && taken.some((name) => name.toLowerCase() === header)) {
    return { path: at('create', 'idempotencyHeader'), message: 'is sent with every request already' };
  }
  if (writes.condition === 'if-unmodified-since' && modifiedField === undefined) {
    return { path: at('condition'), message: 'needs "modifiedField"' };
  }
  return writes.batch === undefined ? undefined : findBatchMistake(writes, writes.batch, at);
}

/** A batch must keep what its verbs keep for single records, or a write would lose a guard for being one of several. */
function findBatchMistake(
  writes: WriteSettings,
  batchSettings: BatchSettings,
  at: (...names: string[]) => string[],
): Mistake | undefined {
  for (const verb of ['create', 'update', 'delete'] as const) {
    if (batchSettings[verb] !== undefined && writes[verb] === undefined) {
      return { path: at('batch', verb), message: `needs "writes.${verb}" as well` };
    }
  }
  const isKeyed = writes.create?.idempotencyHeader !== undefined;
  if (batchSettings.create !== undefined && isKeyed !== (batchSettings.keyPath !== undefined)) {
    return { path: at('batch', 'keyPath'), message: 'goes together with "create.idempotencyHeader"' };
  }
  const changes = batchSettings.update !== undefined || batchSettings.delete !== undefined;
  if (changes && writes.condition !== undefined && batchSettings.conditionPath === undefined) {
    return { path: at('batch', 'conditionPath'), message: 'is needed: "condition" is for batches too' };
  }
  return undefined;
}
