import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { compileValidator } from './compile-validator.ts';

/** What is wrong with a tenant's JSON Schema; `path` leads to it. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Validating a record takes at most this many schemas, `$ref`s written out. */
const mostSchemas = 5_000;
const longestSchema = 200_000;

/** Words that name schemas elsewhere, or whose cost grows with the square of a list. */
const refused = ['$id', '$anchor', '$dynamicRef', '$dynamicAnchor', '$vocabulary', 'uniqueItems'];

/** Checks that a schema describes an object, says nothing that can't be checked in reasonable time, and compiles. */
export async function checkSchema(schema: JsonObject): Promise<SchemaProblem[]> {
  if (JSON.stringify(schema).length > longestSchema) return [{ path: [], message: 'is too long' }];
  const problems = findRefused(schema, []);
  if (schema['type'] !== 'object') problems.push({ path: ['type'], message: 'must be "object"' });
  if (problems.length > 0) return problems;
  const size = sizeOf(schema, schema, new Set());
  if (size === undefined) return [{ path: ['$defs'], message: 'must not refer to itself' }];
  if (size > mostSchemas) return [{ path: [], message: 'is too large with its references written out' }];
  try {
    await compileValidator(schema);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ path: [], message: `is not a JSON Schema: ${message.slice(0, 300)}` }];
  }
}

function findRefused(value: Json, path: readonly (string | number)[]): SchemaProblem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => findRefused(item, [...path, index]));
  if (!isJsonObject(value)) return [];
  const isNames = path.at(-1) === 'properties' || path.at(-1) === '$defs';
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, key];
    if (!isNames && refused.includes(key)) return [{ path: at, message: 'is not supported' }];
    if (!isNames && key === '$ref' && !(typeof inner === 'string' && /^#\/\$defs\/[\w-]+$/.test(inner))) {
      return [{ path: at, message: 'must be "#/$defs/" and a name' }];
    }
    return findRefused(inner, at);
  });
}

/** How many objects there are with every reference written out; `undefined` where that has no end. */
function sizeOf(value: Json, root: JsonObject, within: ReadonlySet<string>): number | undefined {
  if (typeof value !== 'object' || value === null) return 0;
  let size = 1;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$defs' && value === root) continue;
    const added =
      key === '$ref' && typeof inner === 'string' ? sizeOfNamed(inner, root, within) : sizeOf(inner, root, within);
    if (added === undefined) return undefined;
    size += added;
    if (size > mostSchemas) return size;
  }
  return size;
}

function sizeOfNamed(name: string, root: JsonObject, within: ReadonlySet<string>): number | undefined {
  if (within.has(name)) return undefined;
  const definitions = root['$defs'];
  const key = name.slice('#/$defs/'.length);
  const named = isJsonObject(definitions) && Object.hasOwn(definitions, key) ? definitions[key] : undefined;
  return named === undefined ? 0 : sizeOf(named, root, new Set([...within, name]));
}
