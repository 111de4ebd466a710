import type { KeyRange } from './effective-key.ts';
import { badRequest, partitionKeyMismatch, unsupported } from './errors.ts';
import { isJsonObject, type Json, type JsonObject, ownProperty, tryParseJson } from './json.ts';

/** The largest partition key value, in UTF-8 bytes (definition version 2). */
const MAX_KEY_BYTES = 2048;

/** A container's `partitionKey` definition, with its paths split into property names. */
export interface PartitionKeyDefinition {
  readonly paths: readonly (readonly string[])[];
  readonly isHierarchical: boolean;
}

/** One part of a partition key; `{}` stands for "none": the document lacks the property. */
export type KeyComponent = string | number | boolean | null | Record<string, never>;

/** Which logical partitions a request may see: all of them (in a range of effective keys), one, or those under a prefix of a hierarchical key. */
export type PartitionScope =
  | { readonly kind: 'all'; readonly range?: KeyRange }
  | { readonly kind: 'partition'; readonly key: string }
  | { readonly kind: 'prefix'; readonly depth: number; readonly prefix: string };

/** Splits a path such as `/a/"b c"` into property names. Throws 400 when it is no path. */
export function splitPath(path: string): string[] {
  const names: string[] = [];
  const pattern = /\/(?:"((?:[^"\\]|\\.)*)"|([^/"]*))/gy;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    const name = match?.[1] ?? match?.[2]?.trim();
    if (name === undefined || name === '') throw badRequest(`The path '${path}' is invalid.`);
    names.push(name);
  }
  if (names.length === 0) throw badRequest(`The path '${path}' is invalid.`);
  return names;
}

/** Parses a `partitionKey` definition. Throws 400 for what the service refuses. */
export function parseDefinition(definition: Json | undefined): PartitionKeyDefinition {
  const paths = ownProperty(definition, 'paths');
  const kind = ownProperty(definition, 'kind') ?? 'Hash';
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
    throw badRequest('The partition key definition needs an array of paths.');
  }
  if (kind !== 'Hash' && kind !== 'MultiHash') throw unsupported(`Partition key kind '${String(kind)}'`);
  const limit = kind === 'Hash' ? 1 : 3;
  if (paths.length < 1 || paths.length > limit) {
    throw badRequest(`A partition key of kind ${kind} takes between 1 and ${limit} paths, not ${paths.length}.`);
  }
  return { paths: paths.map(splitPath), isHierarchical: kind === 'MultiHash' };
}

function componentAt(document: JsonObject, path: readonly string[]): KeyComponent {
  let value: Json | undefined = document;
  for (const name of path) value = ownProperty(value, name);
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null) {
    if (isJsonObject(value) && Object.keys(value).length === 0) return {};
    throw badRequest(
      `The partition key value at '/${path.join('/')}' is an object or array; it must be a scalar.`,
      1001,
    );
  }
  return value;
}

/** Canonical text of a full key: its components as JSON. Strings, numbers, null, and none stay apart. */
export function canonicalKey(components: readonly KeyComponent[]): string {
  const key = JSON.stringify(components);
  if (key.length > MAX_KEY_BYTES / 3 && Buffer.byteLength(key) > MAX_KEY_BYTES) checkSizes(components);
  return key;
}

function checkSizes(components: readonly KeyComponent[]): void {
  for (const component of components) {
    if (typeof component === 'string' && Buffer.byteLength(component) > MAX_KEY_BYTES) {
      throw badRequest(`Partition key values may have at most ${MAX_KEY_BYTES} bytes.`);
    }
  }
}

/** Canonical key of a document. Throws 400 when a component is no scalar. */
export function keyOfDocument(document: JsonObject, definition: PartitionKeyDefinition): string {
  return canonicalKey(definition.paths.map((path) => componentAt(document, path)));
}

/** Parses the JSON array of the partition key header (or of a bulk operation). Throws 400 when it is none. */
export function parseKeyComponents(text: string): KeyComponent[] {
  const parsed = tryParseJson(text)?.value;
  if (!Array.isArray(parsed)) throw badRequest(`Partition key ${text} is invalid.`);
  return parsed.map((component) => {
    if (typeof component !== 'object' || component === null) return component;
    if (isJsonObject(component) && Object.keys(component).length === 0) return {};
    throw badRequest(`Partition key ${text} is invalid: its parts must be scalars.`);
  });
}

/** The full key in a header, for an operation on one item. Throws 400 when it is missing, partial or too long. */
export function fullKeyFromHeader(header: string | undefined, definition: PartitionKeyDefinition): string {
  if (header === undefined) throw badRequest('PartitionKey value must be supplied for this operation.');
  const components = parseKeyComponents(header);
  if (components.length !== definition.paths.length) throw partitionKeyMismatch();
  return canonicalKey(components);
}

/** The scope that a header gives to a query or feed: no header sees everything. */
export function scopeFromHeader(header: string | undefined, definition: PartitionKeyDefinition): PartitionScope {
  if (header === undefined) return { kind: 'all' };
  const components = parseKeyComponents(header);
  if (components.length === definition.paths.length) return { kind: 'partition', key: canonicalKey(components) };
  if (!definition.isHierarchical || components.length === 0 || components.length > definition.paths.length) {
    throw partitionKeyMismatch();
  }
  return { kind: 'prefix', depth: components.length, prefix: canonicalKey(components) };
}

/** The canonical texts of a full key's proper prefixes, shortest first: `["a"]`, `["a","b"]`. */
export function prefixesOf(key: string, definition: PartitionKeyDefinition): string[] {
  if (!definition.isHierarchical) return [];
  const components = JSON.parse(key) as KeyComponent[];
  return definition.paths.slice(1).map((_, index) => JSON.stringify(components.slice(0, index + 1)));
}
