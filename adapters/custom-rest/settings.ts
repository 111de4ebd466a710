import { z } from 'zod';
import { webhookRules } from '../webhook/webhook-rule.ts';
import { carriesSecret, isHeaderOfTheConnection } from './header-names.ts';
import { findParameterClash } from './parameter-clash.ts';
import { fieldPath, headerName, headerText, parameterName, path, staticQuery } from './setting-parts.ts';
import { findWriteMistake, recordSettings, revisionSettings, writeSettings } from './write-settings.ts';

const baseUrl = z
  .string()
  .max(1000)
  .refine(isPlainHttpUrl, 'must be an absolute https URL without user, query and fragment');

const auth = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('header'),
      name: headerName.refine((name) => !isHeaderOfTheConnection(name), 'is a header of the connection itself'),
      prefix: headerText.max(50).optional().describe('In front of the key, for example "Token ".'),
    }),
    z.strictObject({ kind: z.literal('query'), name: parameterName }),
    z.strictObject({ kind: z.literal('basic') }),
    z.strictObject({ kind: z.literal('bearer') }),
    z.strictObject({ kind: z.literal('none') }),
  ])
  .describe('Where on a request the credential goes.');

const headers = z
  .record(headerName, headerText)
  .refine((given) => Object.keys(given).length <= 20, 'must be at most 20 headers')
  .refine(
    (given) => !Object.keys(given).some(isHeaderOfTheConnection),
    'must hold no header of the connection itself (host, cookie, …)',
  )
  .refine(
    (given) => !Object.keys(given).some(carriesSecret),
    'must hold no key, token or password: those belong into the credential, with "auth" of kind "header"',
  )
  .describe('Sent with every request.');

const totalPath = fieldPath
  .optional()
  .describe(
    'Path to the number of all records: the read ends there, and not before. Without it the first empty page ends it.',
  );
const stable = z
  .boolean()
  .default(false)
  .describe(
    'Nothing is removed from the list or moved within it while it is read, for example because it is only ever appended to. ' +
      'Each page then takes one request and is taken as it comes. Otherwise every step also asks for what was read last (the last ' +
      'record by offset, the page before by page), so that no record is missed when others go or are modified meanwhile.',
  );
const sizeParam = parameterName.optional().describe('Query parameter for the number of records on a page.');

const paging = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('page'),
      pageParam: parameterName,
      sizeParam,
      firstPage: z.int().min(0).max(1).default(1),
      totalPath,
      stable,
    }),
    z.strictObject({
      kind: z.literal('offset'),
      offsetParam: parameterName,
      limitParam: parameterName,
      totalPath,
      stable,
    }),
    z.strictObject({
      kind: z.literal('cursor'),
      cursorParam: parameterName,
      cursorPath: fieldPath.describe('Path to the cursor of the next page. Where it leads to nothing, the read ends.'),
      sizeParam,
    }),
    z.strictObject({ kind: z.literal('link-header'), sizeParam }),
    z.strictObject({
      kind: z.literal('next-url'),
      urlPath: fieldPath.describe('Path to the URL of the next page. Where it leads to nothing, the read ends.'),
      sizeParam,
    }),
  ])
  .describe('How the pages of the object follow one another.');

const instantFormat = z.enum(['iso', 'epoch-seconds', 'epoch-milliseconds']);

const object = z.strictObject({
  path: path.describe('Path of the list, below the base URL.'),
  query: staticQuery.optional().describe('Sent with every request for this object.'),
  itemsPath: fieldPath.optional().describe('Path to the array of records. Without it the body is the array.'),
  idField: fieldPath,
  modifiedField: fieldPath
    .optional()
    .describe('When the record was last changed: ISO 8601, epoch seconds or epoch milliseconds.'),
  deleted: z
    .strictObject({
      field: fieldPath,
      equals: z
        .union([z.string().max(200), z.number(), z.boolean()])
        .optional()
        .describe('Without it, any value but false, 0, "false", "0" and "" marks the record as deleted.'),
    })
    .optional(),
  incremental: z
    .strictObject({ param: parameterName, format: instantFormat })
    .optional()
    .describe('Query parameter that limits the list to records changed at or after an instant.'),
  paging,
  countPath: fieldPath
    .optional()
    .describe(
      'Path in an answer to the number of all records: runs show how far they are. By offset and by page `totalPath` does.',
    ),
  partition: z
    .strictObject({
      fromParam: parameterName.describe('Query parameter for the beginning of a range, inclusive.'),
      toParam: parameterName.describe('Query parameter for its end, exclusive or inclusive.'),
      format: instantFormat,
      earliest: z.iso
        .datetime()
        .describe('About when the first records were created, for example "2019-01-01T00:00:00Z".'),
    })
    .optional()
    .describe(
      'How the list is limited to a span of time by something that never changes in a record, such as its creation. Large objects are then read in several ranges side by side.',
    ),
  maxPageSize: z.int().min(1).max(1000).default(100),
  expiredCursor: z
    .strictObject({
      status: z
        .int()
        .min(400)
        .max(499)
        .refine((status) => ![401, 403, 408, 425, 429].includes(status), 'has a meaning of its own'),
      codePath: fieldPath.optional(),
      code: z.union([z.string().max(200), z.number()]).optional(),
    })
    .refine(
      ({ codePath, code }) => (codePath === undefined) === (code === undefined),
      '"codePath" and "code" go together',
    )
    .default({ status: 410 })
    .describe('The answer that says that a cursor is too old: the read starts over.'),
  record: recordSettings.optional(),
  revision: revisionSettings.optional(),
  writes: writeSettings.optional(),
});

/** One object as configured, for example `companies`. */
export type ObjectSettings = z.infer<typeof object>;
export type PagingSettings = ObjectSettings['paging'];

/** The settings of a `custom-rest` integration. They hold no secret. */
export const customRestSettings = z
  .strictObject({
    baseUrl: baseUrl.describe('Every request goes below this URL.'),
    auth,
    headers: headers.optional(),
    testPath: path.describe('Path that answers with JSON when the credential is good. Asked by the connection test.'),
    objects: z
      .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "." or "-"'), object)
      .refine((given) => Object.keys(given).length >= 1, 'must name at least one object')
      .refine((given) => Object.keys(given).length <= 100, 'must be at most 100 objects'),
    webhook: z
      .strictObject({ events: webhookRules })
      .optional()
      .describe('What its webhooks say of which object: the record itself, its id, or only that something changed.'),
  })
  .superRefine((settings, context) => {
    const refuse = (at: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: at, message });
    if (settings.auth.kind === 'header') {
      const name = settings.auth.name.toLowerCase();
      if (Object.keys(settings.headers ?? {}).some((header) => header.toLowerCase() === name)) {
        refuse(['headers'], 'must not hold the header that carries the credential');
      }
    }
    for (const [index, { object: named }] of (settings.webhook?.events ?? []).entries()) {
      if (!Object.hasOwn(settings.objects, named))
        refuse(['webhook', 'events', index, 'object'], 'is not in "objects"');
    }
    for (const [name, configured] of Object.entries(settings.objects)) {
      const clash = findParameterClash(configured, settings.auth);
      if (clash !== undefined) refuse(['objects', name], `uses the query parameter "${clash}" twice`);
      if (configured.incremental !== undefined && configured.modifiedField === undefined) {
        refuse(['objects', name, 'modifiedField'], 'is needed to read incrementally');
      }
      const mistake = findWriteMistake(configured, settings);
      if (mistake !== undefined) refuse(['objects', name, ...mistake.path], mistake.message);
    }
  });

export type CustomRestSettings = z.infer<typeof customRestSettings>;

function isPlainHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false;
  return url.username === '' && url.password === '' && !/[?#\s]/.test(value);
}
