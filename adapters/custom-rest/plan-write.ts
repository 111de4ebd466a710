import type { AdapterHttpRequest } from '../../shared/core/adapter.ts';
import type { PushOperation } from '../../shared/core/adapter-writes.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { putPath } from '../kit/put-path.ts';
import { recordUrl } from './record-url.ts';
import type { BatchSettings, WriteSettings } from './write-settings.ts';

export type Verb = PushOperation['kind'];

/** The request that writes one record; undefined for an id that no URL can name. Asks for the verb to be there. */
export function planWrite(operation: PushOperation, writes: WriteSettings): AdapterHttpRequest | undefined {
  if (operation.kind === 'create') {
    const { method, path, bodyPath, idempotencyHeader } = verbOf(writes, 'create');
    return {
      method,
      url: path,
      body: wrap(bodyPath, recordOf(operation, writes)),
      ...(idempotencyHeader === undefined ? {} : { headers: { [idempotencyHeader]: operation.idempotencyKey } }),
    };
  }
  const condition = conditionOf(operation, writes);
  const headers = condition === undefined || writes.condition === undefined ? {} : { [writes.condition]: condition };
  const { method, path } = verbOf(writes, operation.kind);
  const url = recordUrl(path, operation.externalId);
  if (url === undefined) return undefined;
  if (operation.kind === 'delete') return { method, url, headers };
  return { method, url, headers, body: wrap(verbOf(writes, 'update').bodyPath, recordOf(operation, writes)) };
}

/** The request that writes several records of one verb together. */
export function planBatch(
  operations: readonly PushOperation[],
  verb: Verb,
  { writes, batch }: { readonly writes: WriteSettings; readonly batch: BatchSettings },
): AdapterHttpRequest {
  const { method, path, constants } = batch[verb] ?? missing(`batch.${verb}`);
  const items = operations.map((operation): JsonObject => {
    const record = operation.kind === 'delete' ? {} : recordOf(operation, writes);
    const members: readonly (readonly [string | undefined, Json | undefined])[] = [
      [batch.idPath, operation.kind === 'create' ? undefined : operation.externalId],
      [batch.keyPath, operation.kind === 'create' ? operation.idempotencyKey : undefined],
      [batch.conditionPath, operation.kind === 'create' ? undefined : conditionOf(operation, writes)],
      ...Object.entries(constants ?? {}),
    ];
    const start = operation.kind === 'delete' ? record : wrap(batch.recordPath, record);
    return members.reduce(
      (item, [at, value]) => (at === undefined || value === undefined ? item : putPath(item, at, value)),
      start,
    );
  });
  return { method, url: path, body: putPath({}, batch.itemsPath, items) };
}

/** What is sent of a record: the key by which it is found again, and emptied fields as the provider wants them. */
function recordOf(operation: Exclude<PushOperation, { kind: 'delete' }>, writes: WriteSettings): JsonObject {
  const { lookup, emptied } = writes;
  if (operation.kind === 'update') return emptyFields(operation.patch, emptied);
  const record =
    lookup?.value === 'idempotency-key'
      ? putPath(operation.record, lookup.field, operation.idempotencyKey)
      : operation.record;
  return emptyFields(record, emptied);
}

function emptyFields(record: JsonObject, emptied: WriteSettings['emptied']): JsonObject {
  if (emptied === 'null') return record;
  const entries = Object.entries(record).map(([name, value]): [string, Json] => {
    if (value === null) return [name, ''];
    return [name, isJsonObject(value) ? emptyFields(value, emptied) : value];
  });
  return Object.fromEntries(entries);
}

/** What the provider is to find for the write to be done: the value of the header `condition`. */
function conditionOf(
  { expected }: Exclude<PushOperation, { kind: 'create' }>,
  { condition }: WriteSettings,
): string | undefined {
  if (condition === 'if-match') return expected?.revision;
  if (condition === undefined || expected?.modifiedAt === undefined) return undefined;
  // Seconds are all that the header has. What changed twice within one is refused rather than overwritten, where the provider compares exactly.
  return new Date(expected.modifiedAt).toUTCString();
}

function wrap(path: string | undefined, record: JsonObject): JsonObject {
  return path === undefined ? record : putPath({}, path, record);
}

function verbOf<Name extends Verb>(writes: WriteSettings, verb: Name): NonNullable<WriteSettings[Name]> {
  return writes[verb] ?? missing(verb);
}

function missing(what: string): never {
  throw new TypeError(`The settings have no "writes.${what}".`);
}
