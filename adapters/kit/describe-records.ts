import type { DescribedField } from '../../shared/core/adapter.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/core/json.ts';

/** Deeper than this, and more than so many fields, is for nobody to read. */
const deepest = 6;
const mostFields = 500;

const name = /^[A-Za-z0-9_-]+$/;

interface Seen {
  readonly types: Set<DescribedField['types'][number]>;
  readonly kinds: Set<DescribedField['looksLike']>;
}

/** The fields that some records of an object have, by what they hold: names and kinds of values, never the values. */
export function describeRecords(records: readonly JsonObject[]): DescribedField[] {
  const seen = new Map<string, Seen>();
  for (const record of records) look(record, [], seen);
  // An object that is null in one record, a list that is empty, is the object or the list that it is in others.
  const parents = new Set([...seen.keys()].flatMap(parentsOf));
  const leaves = [...seen].filter(([path]) => !parents.has(path));
  return leaves.slice(0, mostFields).map(([path, { types, kinds }]) => {
    const [kind] = kinds;
    const known = [...types].filter((type) => type !== 'null');
    return {
      path,
      types: known.length === 0 ? ['null'] : known,
      ...(kinds.size === 1 && kind !== undefined ? { looksLike: kind } : {}),
    };
  });
}

function parentsOf(path: string): string[] {
  const parts = path.split('.');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('.'));
}

function look(value: Json, path: readonly string[], seen: Map<string, Seen>): void {
  if (path.length < deepest && isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value))
      if (name.test(key) && isPlain(path, key)) look(inner, [...path, key], seen);
    return;
  }
  if (path.length < deepest && Array.isArray(value) && value.some(isJsonObject)) {
    for (const item of value) if (isJsonObject(item)) look(item, [...path, '*'], seen);
    return;
  }
  const key = path.join('.');
  const known = seen.get(key) ?? { types: new Set(), kinds: new Set() };
  seen.set(key, known);
  known.types.add(typeOf(value));
  if (typeof value === 'string' && value !== '') known.kinds.add(kindOf(value));
}

/** A path begins with a letter, and names nothing that objects inherit. */
function isPlain(path: readonly string[], key: string): boolean {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype') return false;
  return path.length > 0 || /^[A-Za-z_]/.test(key);
}

function typeOf(value: Json): DescribedField['types'][number] {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return typeof value as 'string';
  return 'object';
}

function kindOf(text: string): DescribedField['looksLike'] {
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return 'email';
  if (/^https?:\/\//.test(text)) return 'url';
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return 'instant';
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return 'date';
  return /^\+[\d\s()/.-]{7,20}$/.test(text) ? 'phone' : undefined;
}
