import type { z } from 'zod';
import type { objectMapping } from '../contracts/tasks.ts';
import { canonicalText, shortHash } from './canonical.ts';
import { readPath, writePath } from './field-path.ts';
import type { Json, JsonObject } from './json.ts';
import { applyTransforms, Unreadable } from './transforms.ts';

export type ObjectMapping = z.infer<typeof objectMapping>;

interface CompiledField {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly mapping: ObjectMapping['fields'][number];
}

/** A mapping made ready for many records. */
export interface Converter {
  /** Changes whenever the mapping would convert differently; part of every link's hash. */
  readonly version: string;
  /** The shard paths this mapping owns. */
  readonly paths: readonly (readonly string[])[];
  convert(record: JsonObject): Conversion;
}

export type Conversion =
  | { readonly ok: true; readonly data: JsonObject }
  | { readonly ok: false; readonly reason: string };

export function compileMapping(mapping: ObjectMapping): Converter {
  const fields: CompiledField[] = mapping.fields.map((field) => ({
    from: field.from.split('.'),
    to: field.to.split('.'),
    mapping: field,
  }));
  return {
    version: mappingVersion(mapping),
    paths: fields.map((field) => field.to),
    convert: (record) => convertRecord(fields, record),
  };
}

/** Names a mapping by what it does. A changed mapping is a new one: its first run reads everything again. */
export function mappingVersion(mapping: ObjectMapping): string {
  return shortHash(canonicalText([mapping.object, mapping.shardTypeId, mapping.fields.map((field) => ({ ...field }))]));
}

function convertRecord(fields: readonly CompiledField[], record: JsonObject): Conversion {
  const data: JsonObject = {};
  for (const field of fields) {
    let value: Json | undefined;
    try {
      const raw = readPath(record, field.from);
      value = raw === undefined ? undefined : applyTransforms(raw, field.mapping.transforms);
    } catch (error) {
      if (error instanceof Unreadable) return { ok: false, reason: `Field "${field.mapping.from}" ${error.message}.` };
      throw error;
    }
    if (field.mapping.required && (value === undefined || value === null || value === '')) {
      return { ok: false, reason: `Required field "${field.mapping.from}" is missing or empty.` };
    }
    if (value !== undefined) writePath(data, field.to, value);
  }
  return { ok: true, data };
}
