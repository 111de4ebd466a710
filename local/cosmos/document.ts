import { badRequest, tooLarge } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { keyOfDocument, type PartitionKeyDefinition } from './partition-key.ts';

/** The largest document, in UTF-8 bytes. */
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;
const MAX_ID_LENGTH = 255;
/** The service's limit; it also keeps documents below the depth that SQLite's JSON functions refuse (1,000). */
const MAX_NESTING = 128;

/** Properties the service owns: what a client sends for them is dropped. */
const SYSTEM_PROPERTIES = ['_rid', '_self', '_etag', '_attachments', '_ts', '_lsn'] as const;

/** A document as a client sent it: checked, without system properties, not yet stored. */
export interface Draft {
  readonly id: string;
  /** Canonical partition key. */
  readonly key: string;
  /** `ttl` in seconds, -1 for never, undefined when the document has none. */
  readonly ttlSeconds: number | undefined;
  /** JSON text of the user's properties. */
  readonly text: string;
}

function checkNesting(value: Json | undefined, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_NESTING) throw badRequest(`The document is nested deeper than ${MAX_NESTING} levels.`);
  for (const child of Array.isArray(value) ? value : Object.values(value)) checkNesting(child, depth + 1);
}

function checkId(id: Json | undefined): string {
  if (id === undefined)
    throw badRequest('The input content is invalid because the required properties - id - are missing.');
  if (typeof id !== 'string') throw badRequest('The id of a document must be a string.');
  if (id === '' || id.length > MAX_ID_LENGTH) throw badRequest(`The id must have 1 to ${MAX_ID_LENGTH} characters.`);
  if (!id.isWellFormed()) throw badRequest('The id must be well-formed Unicode.');
  if (/[/\\?#]/.test(id)) throw badRequest("The id must not contain '/', '\\', '?' or '#'.");
  return id;
}

function checkTtl(ttl: Json | undefined): number | undefined {
  if (ttl === undefined || ttl === null) return undefined;
  if (typeof ttl !== 'number' || !Number.isInteger(ttl) || (ttl !== -1 && ttl < 1) || ttl > 2_147_483_647) {
    throw badRequest('The input ttl is invalid. It must be -1 or a positive integer of seconds.');
  }
  return ttl;
}

/**
 * Checks a parsed document and takes the service's own properties out of it.
 * @throws CosmosError 400 for an invalid id, key or ttl; 413 above 2 MB.
 */
export function draftFromValue(value: Json | undefined, definition: PartitionKeyDefinition): Draft {
  if (!isJsonObject(value)) throw badRequest('The request body must be a JSON object.');
  const id = checkId(value['id']);
  const ttlSeconds = checkTtl(value['ttl']);
  for (const name of SYSTEM_PROPERTIES) if (Object.hasOwn(value, name)) delete value[name];
  const text = JSON.stringify(value);
  if (text.length > MAX_NESTING * 2) checkNesting(value, 1);
  if (text.length * 3 > MAX_DOCUMENT_BYTES && Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) throw tooLarge();
  return { id, key: keyOfDocument(value, definition), ttlSeconds, text };
}

/** The system properties of one version of a document. */
export interface Stamp {
  readonly rid: string;
  readonly self: string;
  readonly etag: string;
  /** Unix seconds. */
  readonly ts: number;
}

/** The stored text: the user's properties followed by the service's, in the service's order. */
export function stampText(draftText: string, stamp: Stamp): string {
  // A draft always has an id, so there is always a property before the comma.
  return `${draftText.slice(0, -1)},"_rid":"${stamp.rid}","_self":"${stamp.self}","_etag":"\\${stamp.etag.slice(0, -1)}\\"","_attachments":"attachments/","_ts":${stamp.ts}}`;
}

/** A stored text without the service's properties, parsed. */
export function userPropertiesOf(text: string): JsonObject {
  const value = JSON.parse(text) as JsonObject;
  for (const name of SYSTEM_PROPERTIES) if (Object.hasOwn(value, name)) delete value[name];
  return value;
}
