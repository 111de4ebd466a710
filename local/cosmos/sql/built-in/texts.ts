import { isJsonObject, tryParseJson } from '../../json.ts';
import { isWhole, type JsonFunction, jsonFunction, type Value } from './json-function.ts';

/** The longest text that REPLICATE makes, as in the service. */
const MAX_REPLICATED_LENGTH = 10_000;

/** Reads a text as JSON and keeps the result when it has the wanted type. */
function parsedAs(returns: 'any' | 'boolean', isWanted: (value: Value) => boolean): JsonFunction {
  return jsonFunction(returns, 1, 1, ([text]) => {
    const parsed = typeof text === 'string' ? tryParseJson(text)?.value : undefined;
    return isWanted(parsed) ? parsed : undefined;
  });
}

function replicate([text, times]: readonly Value[]): Value {
  if (typeof text !== 'string' || !isWhole(times) || times < 0) return undefined;
  return text.length * times > MAX_REPLICATED_LENGTH ? undefined : text.repeat(times);
}

function right([text, length]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof length !== 'number') return undefined;
  return text.slice(Math.max(0, text.length - Math.max(0, Math.trunc(length))));
}

function indexOf([text, part, start = 0]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof part !== 'string' || !isWhole(start)) return undefined;
  return text.indexOf(part, start);
}

function join([array, separator]: readonly Value[]): Value {
  if (!Array.isArray(array) || typeof separator !== 'string') return undefined;
  return array.every((item) => typeof item === 'string') ? array.join(separator) : undefined;
}

function split([text, separator]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof separator !== 'string') return undefined;
  return separator === '' ? [text] : text.split(separator);
}

export const TEXT_FUNCTIONS: Record<string, JsonFunction> = {
  INDEX_OF: jsonFunction('number', 2, 3, indexOf),
  REPLICATE: jsonFunction('string', 2, 2, replicate),
  RIGHT: jsonFunction('string', 2, 2, right),
  STRINGJOIN: jsonFunction('string', 2, 2, join),
  STRINGSPLIT: jsonFunction('any', 2, 2, split),
  STRINGTOARRAY: parsedAs('any', Array.isArray),
  STRINGTOBOOLEAN: parsedAs('boolean', (value) => typeof value === 'boolean'),
  STRINGTONULL: parsedAs('any', (value) => value === null),
  STRINGTOOBJECT: parsedAs('any', isJsonObject),
};
