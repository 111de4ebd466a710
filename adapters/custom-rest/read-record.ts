import type { ExternalChange, RejectedRecord } from '../../shared/core/adapter.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { readInstantMs } from '../kit/read-instant.ts';
import { readPath } from '../kit/read-path.ts';
import type { ObjectSettings } from './settings.ts';

/** What the database can keep: Cosmos refuses documents nested deeper than 128 levels, and a shard has levels of its own. */
const deepestNesting = 100;

export type ReadRecord =
  | { readonly kind: 'change'; readonly change: ExternalChange }
  | { readonly kind: 'rejected'; readonly rejected: RejectedRecord };

type Fields = Pick<ObjectSettings, 'idField' | 'modifiedField' | 'deleted' | 'revision'>;

/**
 * Reads one item of a page (`place` is its index) into a change. What cannot be identified is rejected with its reason; a
 * modification time that cannot be read only means that the change has no version. `etag` is the header of an answer that shows this record alone.
 */
export function readRecord(item: unknown, place: number, fields: Fields, etag?: string): ReadRecord {
  if (!isJsonObject(item)) return reject(`Item ${place + 1} of the page is ${nameOf(item)}, not an object.`);
  const id = readId(readPath(item, fields.idField));
  if (id.kind === 'unusable') return reject(`Item ${place + 1} of the page has ${id.why} at "${fields.idField}".`);
  if (isNestedDeeper(item, deepestNesting)) {
    return reject(`The record is nested deeper than ${deepestNesting} levels.`, id.externalId);
  }
  const modifiedMs =
    fields.modifiedField === undefined ? undefined : readInstantMs(readPath(item, fields.modifiedField));
  const revision = readRevision(item, fields, etag);
  return {
    kind: 'change',
    change: {
      externalId: id.externalId,
      deleted: isDeleted(item, fields.deleted),
      record: item,
      ...(revision === undefined ? {} : { revision }),
      ...(modifiedMs === undefined ? {} : { version: modifiedMs, modifiedAt: new Date(modifiedMs).toISOString() }),
    },
  };
}

const longestRevision = 500;

/** The revision as an ETag is written, from wherever it comes: in quotes. */
function readRevision(item: JsonObject, { revision }: Fields, etag: string | undefined): string | undefined {
  const value = revision === undefined ? etag : readPath(item, revision.field);
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text.length > longestRevision - 2) return undefined;
  if (/^(W\/)?"[\x20\x21\x23-\x7e]*"$/.test(text)) return text;
  return /^[\x20\x21\x23-\x7e]+$/.test(text) ? `"${text}"` : undefined;
}

/** The id that a record has in the product; undefined when it has none that can be used. */
export function readExternalId(item: JsonObject, idField: string): string | undefined {
  return asExternalId(readPath(item, idField));
}

/** A value as an id; undefined when it cannot be one. */
export function asExternalId(value: unknown): string | undefined {
  const id = readId(value);
  return id.kind === 'id' ? id.externalId : undefined;
}

function reject(reason: string, externalId?: string): ReadRecord {
  return { kind: 'rejected', rejected: externalId === undefined ? { reason } : { externalId, reason } };
}

type Id = { readonly kind: 'id'; readonly externalId: string } | { readonly kind: 'unusable'; readonly why: string };

/** Two different ids must never become one text: numbers that JSON cannot carry exactly and broken Unicode are not ids. */
function readId(value: unknown): Id {
  if (typeof value === 'string') {
    if (value === '') return { kind: 'unusable', why: 'an empty id' };
    if (!value.isWellFormed()) return { kind: 'unusable', why: 'an id that is not valid Unicode' };
    return { kind: 'id', externalId: value };
  }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { kind: 'id', externalId: String(value) };
    return { kind: 'unusable', why: 'an id that is not a whole number of at most 2^53 (send it as text)' };
  }
  return { kind: 'unusable', why: value === undefined ? 'no id' : `an id that is ${nameOf(value)}` };
}

function isDeleted(item: unknown, deleted: Fields['deleted']): boolean {
  if (deleted === undefined) return false;
  const value = readPath(item, deleted.field);
  if (deleted.equals !== undefined) {
    return (
      (typeof value !== 'object' || value === null) && value !== undefined && String(value) === String(deleted.equals)
    );
  }
  if (typeof value === 'string') return !['', '0', 'false'].includes(value.trim().toLowerCase());
  return value !== undefined && value !== null && value !== false && value !== 0;
}

function isNestedDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isNestedDeeper(member, levels - 1));
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
