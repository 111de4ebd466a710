import type { z } from 'zod';
import type { transform } from '../contracts/tasks.ts';
import type { Json } from './json.ts';

type TransformName = z.infer<typeof transform>;

/** A value that a transform cannot read: the record is set aside, with this as the reason. */
export class Unreadable extends Error {}

/** Each takes and returns a JSON value; `null` passes through all of them. */
const table: Record<TransformName, (value: Json) => Json | undefined> = {
  trim: (value) => (typeof value === 'string' ? value.trim() : value),
  lower: (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  upper: (value) => (typeof value === 'string' ? value.toUpperCase() : value),
  string: (value) =>
    typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value),
  number: toNumber,
  boolean: toBoolean,
  first: (value) => (Array.isArray(value) ? value[0] : value),
  instant: toInstant,
};

export function applyTransforms(value: Json, names: readonly TransformName[]): Json | undefined {
  let current: Json | undefined = value;
  for (const name of names) {
    if (current === undefined || current === null) return current;
    current = table[name](current);
  }
  return current;
}

function toNumber(value: Json): Json {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'number') throw new Unreadable('is too large a number');
  const text = typeof value === 'string' ? value.trim() : '';
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new Unreadable('is not a number');
  const number = Number(text);
  if (!Number.isFinite(number)) throw new Unreadable('is too large a number');
  return number;
}

function toBoolean(value: Json): Json {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : '';
  if (['true', 'yes', 'y', '1', 'on'].includes(text)) return true;
  if (['false', 'no', 'n', '0', 'off'].includes(text)) return false;
  throw new Unreadable('is neither true nor false');
}

/** ISO 8601 text, or epoch seconds or milliseconds (beyond 1e11), to ISO 8601 in UTC with milliseconds. */
function toInstant(value: Json): Json {
  let ms = Number.NaN;
  if (typeof value === 'number') ms = Math.abs(value) > 1e11 ? value : value * 1000;
  else if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value)) ms = Date.parse(value);
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) throw new Unreadable('is not a date and time');
  return new Date(ms).toISOString();
}
