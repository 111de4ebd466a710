import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { ConversionError } from '../conversion/rule.ts';
import type { JsonObject } from '../json.ts';

/**
 * What does not fit the shard type, field by field.
 *
 * @param partial other sources supply the rest, so what is required may be missing
 */
export type ValidateShard = (data: JsonObject, partial: boolean) => ConversionError[];

/** Of one record. */
const mostErrors = 20;

/** JSON Schema 2020-12 made into a function. `pattern` runs in a linear-time engine; `format` is checked for the formats that ajv-formats knows. */
export async function compileValidator(schema: JsonObject): Promise<ValidateShard> {
  const [{ Ajv2020 }, formats, { RE2JS }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
    import('re2js'),
  ]);
  const linear = (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // Ajv tells patterns apart by their text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => `/${pattern}/` };
  };
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    code: { regExp: Object.assign(linear, { code: 'new RegExp' }) },
  });
  formats.default.default(ajv);
  const validate = ajv.compile(schema);
  return (data, partial) => describeErrors(validate, data, partial);
}

function describeErrors(validate: ValidateFunction, data: JsonObject, partial: boolean): ConversionError[] {
  if (validate(data)) return [];
  const found = validate.errors ?? [];
  const counted = partial ? found.filter((error) => error.keyword !== 'required') : found;
  return counted.slice(0, mostErrors).map((error) => {
    const field = fieldOf(error);
    return { field, message: `Field "${field}" ${error.message ?? 'does not fit the shard type'}.` };
  });
}

/** A missing or unknown field is named itself, not the object that lacks or has it. */
function fieldOf({ instancePath, params }: ErrorObject): string {
  const parts = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const own = params['missingProperty'] ?? params['additionalProperty'] ?? params['unevaluatedProperty'];
  return [...parts, ...(typeof own === 'string' ? [own] : [])].join('.');
}
