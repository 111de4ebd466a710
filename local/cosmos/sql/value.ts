import { unsupported } from '../errors.ts';
import type { Json } from '../json.ts';

/** JSON types in the service's sort order; the number is a value's rank. Undefined comes first. */
export const RANK = { undefined: 0, null: 1, boolean: 2, number: 4, string: 5, array: 6, object: 7 } as const;

/** A type known when the query is compiled, or `any` when it depends on the document. */
type StaticType = keyof typeof RANK | 'any';

/**
 * A compiled scalar expression as SQLite text. `undefined` is SQL NULL in `value` and `json` and rank 0; JSON null is
 * SQL NULL in `value`, `'null'` in `json` and rank 1; booleans are 1 and 0; arrays and objects are JSON text.
 */
export interface SqlValue {
  readonly type: StaticType;
  readonly rank: string;
  readonly value: string;
  readonly json: string;
  /** Set when the value does not depend on the document. */
  readonly constant?: { readonly json: Json };
}

/** The rank of a JSON value. */
function typeOfJson(value: Json | undefined): keyof typeof RANK {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'number' | 'string' | 'object';
}

/** Undefined. */
export const UNDEFINED: SqlValue = { type: 'undefined', rank: '0', value: 'NULL', json: 'NULL' };

/** SQL that turns a value of a known type into JSON text. */
function jsonOf(type: StaticType, sql: string): string {
  if (type === 'boolean') return `CASE ${sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`;
  if (type === 'string' || type === 'number') return `CASE WHEN (${sql}) IS NOT NULL THEN json_quote(${sql}) END`;
  return sql;
}

/** A value of a known type; SQL NULL means undefined. */
export function typedValue(type: 'boolean' | 'number' | 'string' | 'array' | 'object', sql: string): SqlValue {
  return {
    type,
    rank: `CASE WHEN (${sql}) IS NULL THEN 0 ELSE ${RANK[type]} END`,
    value: sql,
    json: jsonOf(type, sql),
  };
}

/** A value of a known type that is always defined. */
export function definedValue(type: 'boolean' | 'number' | 'string' | 'array' | 'object', sql: string): SqlValue {
  return { type, rank: String(RANK[type]), value: sql, json: jsonOf(type, sql) };
}

/** A value of which only the JSON text is known; SQL NULL means undefined. */
export function jsonValue(json: string): SqlValue {
  return { type: 'any', rank: rankOfType(`json_type(${json})`), value: `json_extract(${json}, '$')`, json };
}

/** An array, from SQL for its items' texts with commas between them. */
export function arrayJson(items: string): SqlValue {
  return definedValue('array', `('[' || ${items} || ']')`);
}

/** An object, from the JSON of its properties; those that are undefined are left out. */
export function objectJson(
  entries: readonly { readonly key: string; readonly json: string }[],
  bind: (value: string) => string,
): SqlValue {
  const parts = entries.map(({ key, json }) => `coalesce(${bind(`,${JSON.stringify(key)}:`)} || ${json}, '')`);
  return definedValue('object', `('{' || substr(${parts.length === 0 ? "''" : parts.join(' || ')}, 2) || '}')`);
}

/** An array, from the JSON of its items; those that are undefined are left out. */
export function listJson(items: readonly string[]): SqlValue {
  const parts = items.map((json) => `coalesce(',' || ${json}, '')`);
  return arrayJson(`substr(${parts.length === 0 ? "''" : parts.join(' || ')}, 2)`);
}

/** A constant; `bind` gives the placeholder of a bound value. */
export function constantValue(json: Json, bind: (value: string | number) => string): SqlValue {
  const type = typeOfJson(json);
  const constant = { json };
  if (json === null) return { type, rank: '1', value: 'NULL', json: "'null'", constant };
  if (typeof json === 'boolean') return { ...definedValue('boolean', json ? '1' : '0'), constant };
  if (typeof json === 'number') return { ...definedValue('number', bind(json)), constant };
  if (typeof json === 'string') return { ...definedValue('string', bind(json)), constant };
  return { ...definedValue(type === 'array' ? 'array' : 'object', bind(JSON.stringify(json))), constant };
}

/** SQL for the rank of something whose SQLite JSON type is `typeSql`. */
function rankOfType(typeSql: string): string {
  return (
    `CASE ${typeSql} WHEN 'text' THEN 5 WHEN 'integer' THEN 4 WHEN 'real' THEN 4 WHEN 'true' THEN 2 ` +
    `WHEN 'false' THEN 2 WHEN 'null' THEN 1 WHEN 'array' THEN 6 WHEN 'object' THEN 7 ELSE 0 END`
  );
}

/** A JSON path literal in SQL. @throws CosmosError 400 for names SQLite's paths cannot express. */
function pathLiteral(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    if (/["\\\p{Cc}]/u.test(step)) throw unsupported(`The property name ${JSON.stringify(step)} in a query`);
    return `."${step.replaceAll("'", "''")}"`;
  });
  return `'$${steps.join('')}'`;
}

/** The value at `path` in the JSON text that the SQL expression `text` gives. */
export function valueAtPath(text: string, path: readonly (string | number)[]): SqlValue {
  const literal = pathLiteral(path);
  return {
    type: 'any',
    rank: rankOfType(`json_type(${text}, ${literal})`),
    value: `json_extract(${text}, ${literal})`,
    json: `(${text} -> ${literal})`,
  };
}

/** The element of a `json_each` table, or what is at `path` in it. */
export function elementValue(table: string, path: readonly (string | number)[]): SqlValue {
  if (path.length > 0) {
    // Only arrays and objects hold JSON text; a string element is no JSON and must not be parsed.
    return valueAtPath(`CASE WHEN ${table}.type IN ('object', 'array') THEN ${table}.value END`, path);
  }
  const json =
    `CASE ${table}.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' ` +
    `WHEN 'text' THEN json_quote(${table}.value) ELSE CAST(${table}.value AS TEXT) END`;
  return { type: 'any', rank: rankOfType(`${table}.type`), value: `${table}.value`, json };
}

/** SQL that is 1 when the value is defined, else 0. */
export function isDefined(value: SqlValue): string {
  return value.type === 'any' ? `(${value.rank} > 0)` : `(${value.rank} > 0)`;
}
