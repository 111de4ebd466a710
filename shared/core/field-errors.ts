import type { z } from 'zod';
import type { FieldError } from '../contracts/problem.ts';

/** More errors than this help nobody and would let a hostile request make a huge answer. */
const maximumErrors = 50;

/** A name from the request is repeated in the answer only this far. */
const maximumNameLength = 100;

/** A name as it may stand in an answer: short, and without unpaired surrogates or control characters. */
export function presentName(name: string): string {
  const cut = name.length > maximumNameLength ? `${name.slice(0, maximumNameLength)}…` : name;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be replaced.
  return cut.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, '\ufffd');
}

/** JSON pointer (RFC 6901) of a place in a body; the whole body is `''`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${presentName(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * What a schema found, as errors that name the place: a pointer below `prefix` for bodies, the parameter's name elsewhere. Messages never
 * repeat values of the request.
 */
export function toFieldErrors(
  where: FieldError['in'],
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of issues) {
    for (const error of expandIssue(where, issue, prefix)) {
      if (errors.length === maximumErrors) return errors;
      errors.push(error);
    }
  }
  return errors;
}

function expandIssue(where: FieldError['in'], issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const kind = where === 'body' ? 'field' : 'parameter';
    return issue.keys
      .slice(0, maximumErrors)
      .map((key) => ({ in: where, field: nameOf(where, [...path, key]), message: `is not a known ${kind}` }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    return nearest.flatMap((inner) => expandIssue(where, inner, path));
  }
  return [{ in: where, field: nameOf(where, path), message: messageOf(issue) }];
}

function nameOf(where: FieldError['in'], path: readonly PropertyKey[]): string {
  return where === 'body' ? pointerOf(path) : path.map((part) => presentName(String(part))).join('.');
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is missing';
  if (issue.code === 'invalid_key') return 'is not a valid name';
  return issue.message;
}
