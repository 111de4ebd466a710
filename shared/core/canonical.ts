import { hash } from 'node:crypto';
import type { Json, JsonObject } from './json.ts';

/**
 * Text that is equal exactly for equal values, whatever the order of their keys. Absent and `undefined` fields are the same; `null` is a
 * value of its own.
 */
export function canonicalText(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const field = value[key];
    if (field === undefined) continue;
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${canonicalText(field)}`;
  }
  return `${text}}`;
}

/** 128 bits of SHA-256 as 22 characters of base64url: short enough for a small link document, far beyond accidental collision. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** Whether two values have one canonical text. */
export function sameValue(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (!Array.isArray(left)) return !Array.isArray(right) && sameFields(left, right);
  if (!Array.isArray(right) || left.length !== right.length) return false;
  return left.every((each, index) => sameValue(each, right[index]));
}

function sameFields(left: JsonObject, right: JsonObject): boolean {
  let fields = 0;
  for (const name of Object.keys(left)) {
    if (left[name] === undefined) continue;
    if (!Object.hasOwn(right, name) || !sameValue(left[name], right[name])) return false;
    fields += 1;
  }
  for (const name of Object.keys(right)) if (right[name] !== undefined) fields -= 1;
  return fields === 0;
}
