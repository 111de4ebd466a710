import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Json } from '../../json.ts';
import { ARRAY_FUNCTIONS } from './arrays.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import type { JsonFunction, Value } from './json-function.ts';
import { NUMBER_FUNCTIONS } from './numbers.ts';
import { TEXT_FUNCTIONS } from './texts.ts';

/** Every function that is computed from and to JSON, by its name in capitals. */
export const JSON_FUNCTIONS: Readonly<Record<string, JsonFunction>> = {
  ...ARRAY_FUNCTIONS,
  ...DATE_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...TEXT_FUNCTIONS,
};

/** The name under which SQLite knows a function. */
export function sqliteNameOf(name: string): string {
  return `cosmos_call_${name.toLowerCase()}`;
}

function toValue(text: SQLOutputValue): Value {
  return typeof text === 'string' ? (JSON.parse(text) as Json) : undefined;
}

function toSql(value: Value, returns: JsonFunction['returns']): SQLInputValue {
  if (value === undefined) return null;
  if (returns === 'any') return JSON.stringify(value);
  return typeof value === 'boolean' ? Number(value) : (value as number | string);
}

/** Makes the functions known to a connection: arguments are JSON texts, NULL for undefined. */
export function registerJsonFunctions(sqlite: DatabaseSync): void {
  for (const [name, { run, returns, takesUndefined }] of Object.entries(JSON_FUNCTIONS)) {
    sqlite.function(sqliteNameOf(name), { deterministic: true, varargs: true }, (...texts) => {
      const args = texts.map(toValue);
      return takesUndefined !== true && args.includes(undefined) ? null : toSql(run(args), returns);
    });
  }
}
