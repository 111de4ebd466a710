import { AppError } from './app-error.ts';
import { canonicalText, shortHash } from './canonical.ts';
import type { JsonObject } from './json.ts';

/**
 * Where a page of a list ended, as an opaque text for the caller: the last id, tied to the list and its filters, so that a cursor can't
 * continue another list.
 *
 * @param filters what the list was asked for, without `limit` and `cursor`
 */
export function encodeCursor(lastId: string, list: string, filters: JsonObject): string {
  return Buffer.from(JSON.stringify([lastId, tieOf(list, filters)])).toString('base64url');
}

/** The id after which the next page begins. Throws `invalid-request` naming `cursor`. */
export function decodeCursor(cursor: string, list: string, filters: JsonObject): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refuseCursor('must be a cursor taken from a previous answer');
  }
  if (!Array.isArray(parsed) || parsed.length !== 2 || typeof parsed[0] !== 'string' || typeof parsed[1] !== 'string') {
    throw refuseCursor('must be a cursor taken from a previous answer');
  }
  if (parsed[1] !== tieOf(list, filters)) {
    throw refuseCursor('must come from an answer of the same list with the same filters');
  }
  return parsed[0];
}

function tieOf(list: string, filters: JsonObject): string {
  return shortHash(`${list} ${canonicalText(filters)}`);
}

function refuseCursor(message: string): AppError {
  return new AppError('invalid-request', { errors: [{ in: 'query', field: 'cursor', message }] });
}
