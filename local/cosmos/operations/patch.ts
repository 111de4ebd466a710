import { userPropertiesOf } from '../document.ts';
import { badRequest } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, ownProperty } from '../json.ts';
import type { PartitionKeyDefinition } from '../partition-key.ts';

const MAX_OPERATIONS = 10;
const KINDS = ['add', 'set', 'replace', 'remove', 'incr', 'move'] as const;
const PROTECTED = new Set(['id', '_rid', '_self', '_etag', '_attachments', '_ts']);

type PatchKind = (typeof KINDS)[number];

/** One step of a patch, its paths split into names. */
export interface PatchOperation {
  readonly kind: PatchKind;
  readonly path: readonly string[];
  readonly value: Json | undefined;
  readonly from: readonly string[] | undefined;
}

/** A parsed patch: at most ten steps, and the condition under which they are taken. */
export interface Patch {
  readonly operations: readonly PatchOperation[];
  readonly condition: string | undefined;
}

function splitPointer(path: Json | undefined): string[] {
  if (typeof path !== 'string' || !path.startsWith('/') || path === '/') {
    throw badRequest(`The patch path ${JSON.stringify(path)} is invalid.`);
  }
  return path
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function checkWritable(path: readonly string[], partitionKey: PartitionKeyDefinition): void {
  if (PROTECTED.has(path[0] ?? '')) throw badRequest(`Cannot update the property '/${path[0]}' with a patch.`);
  const touches = partitionKey.paths.some((keyPath) =>
    keyPath.slice(0, path.length).every((name, index) => index >= path.length || name === path[index]),
  );
  if (touches) throw badRequest(`Cannot update the partition key '/${path.join('/')}' with a patch.`);
}

function parseOperation(value: Json, partitionKey: PartitionKeyDefinition): PatchOperation {
  const name = ownProperty(value, 'op');
  const kind = KINDS.find((known) => known === name);
  if (kind === undefined) throw badRequest(`The patch operation ${JSON.stringify(name)} is unknown.`);
  const path = splitPointer(ownProperty(value, 'path'));
  checkWritable(path, partitionKey);
  const from = kind === 'move' ? splitPointer(ownProperty(value, 'from')) : undefined;
  if (from !== undefined) checkWritable(from, partitionKey);
  const operand = ownProperty(value, 'value');
  if (operand === undefined && kind !== 'remove' && kind !== 'move') {
    throw badRequest(`The patch operation '${kind}' needs a value.`);
  }
  if (kind === 'incr' && typeof operand !== 'number') throw badRequest("The patch operation 'incr' needs a number.");
  return { kind, path, value: operand, from };
}

/** Parses `{ operations, condition }` or a bare array of operations. @throws CosmosError 400 */
export function parsePatch(body: Json | undefined, partitionKey: PartitionKeyDefinition): Patch {
  const operations = Array.isArray(body) ? body : ownProperty(body, 'operations');
  if (!Array.isArray(operations) || operations.length === 0) throw badRequest('The patch has no operations.');
  if (operations.length > MAX_OPERATIONS) {
    throw badRequest(`A patch takes at most ${MAX_OPERATIONS} operations, not ${operations.length}.`);
  }
  const condition = ownProperty(body, 'condition');
  if (condition !== undefined && typeof condition !== 'string')
    throw badRequest('The patch condition must be a string.');
  return { operations: operations.map((operation) => parseOperation(operation, partitionKey)), condition };
}

function childOf(container: Json | undefined, name: string): Json | undefined {
  return Array.isArray(container) ? container[indexIn(container, name) ?? -1] : ownProperty(container, name);
}

function indexIn(array: Json[], name: string): number | undefined {
  if (name === '-') return array.length;
  return /^(0|[1-9]\d*)$/.test(name) && Number(name) <= array.length ? Number(name) : undefined;
}

/** The object or array that holds the last name of `path`. @throws CosmosError 400 when it is missing. */
function parentOf(document: JsonObject, path: readonly string[]): JsonObject | Json[] {
  let parent: Json | undefined = document;
  for (const name of path.slice(0, -1)) parent = childOf(parent, name);
  if (isJsonObject(parent) || Array.isArray(parent)) return parent;
  throw badRequest(`The parent of the patch path '/${path.join('/')}' does not exist.`);
}

/** Sets an own property, also one called `__proto__`. */
function setOwn(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function put(document: JsonObject, path: readonly string[], value: Json, insert: boolean): void {
  const parent = parentOf(document, path);
  const name = path.at(-1) ?? '';
  if (!Array.isArray(parent)) {
    setOwn(parent, name, value);
    return;
  }
  const index = indexIn(parent, name);
  if (index === undefined) throw badRequest(`The array index of the patch path '/${path.join('/')}' is invalid.`);
  parent.splice(index, insert ? 0 : 1, value);
}

function take(document: JsonObject, path: readonly string[]): Json {
  const parent = parentOf(document, path);
  const name = path.at(-1) ?? '';
  const value = childOf(parent, name);
  if (value === undefined) throw badRequest(`The patch path '/${path.join('/')}' does not exist.`);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
  return value;
}

function replaceAt(document: JsonObject, path: readonly string[], value: Json): void {
  if (childOf(parentOf(document, path), path.at(-1) ?? '') === undefined) {
    throw badRequest(`The patch path '/${path.join('/')}' does not exist, so it cannot be replaced.`);
  }
  put(document, path, value, false);
}

function increment(document: JsonObject, path: readonly string[], by: number): void {
  const current = childOf(parentOf(document, path), path.at(-1) ?? '');
  if (current !== undefined && typeof current !== 'number') {
    throw badRequest(`The value at the patch path '/${path.join('/')}' is not a number.`);
  }
  put(document, path, (current ?? 0) + by, false);
}

function applyOne(document: JsonObject, operation: PatchOperation): void {
  const { kind, path } = operation;
  const value = operation.value ?? null;
  if (kind === 'add') put(document, path, value, true);
  else if (kind === 'set') put(document, path, value, false);
  else if (kind === 'replace') replaceAt(document, path, value);
  else if (kind === 'remove') take(document, path);
  else if (kind === 'incr') increment(document, path, Number(value));
  else put(document, path, take(document, operation.from ?? []), true);
}

/** The user's properties of a stored document after the patch. @throws CosmosError 400 when a step is impossible. */
export function applyPatch(storedText: string, operations: readonly PatchOperation[]): JsonObject {
  const document = userPropertiesOf(storedText);
  for (const operation of operations) applyOne(document, operation);
  return document;
}
