import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { ConfigurationError } from './errors.ts';

/**
 * Parses a JSON object that may hold comments and trailing commas.
 * @throws ConfigurationError naming the file and the place of the first mistake
 */
export const parseJsonWithComments = (text: string, file: string): Record<string, unknown> => {
  const errors: ParseError[] = [];
  const value: unknown = parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new ConfigurationError(`${file} is not JSON: ${printParseErrorCode(first.error)} in line ${line}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(`${file} is not a JSON object`);
  }
  return value as Record<string, unknown>;
};
