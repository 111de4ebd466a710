import { ConfigurationError } from '../config/errors.ts';
import { type Constraint, createConstraint } from './route-constraint.ts';

export type RouteParameters = Readonly<Record<string, string>>;

interface Parameter {
  readonly name: string;
  readonly isCatchAll: boolean;
  readonly isOptional: boolean;
  readonly defaultValue: string | undefined;
  readonly constraints: readonly Constraint[];
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  /** Literals and parameters in one segment: `{name}.{extension}`. */
  | { readonly kind: 'mixed'; readonly pattern: RegExp; readonly parameters: readonly Parameter[] };

/** A route template, ready to be matched. */
export interface Route {
  readonly template: string;
  /** @param segments of the path, decoded, without empty ones at either end */
  match(segments: readonly string[]): RouteParameters | undefined;
}

/** First segments that the host keeps for itself, whatever the prefix. */
const RESERVED = ['admin', 'runtime'];

/**
 * Compiles an ASP.NET Core route template. Literals match in any case of letters, `{name}` one segment, `{name?}` and
 * `{name=value}` none or one at the end, `{*rest}` all that is left.
 * @param prefix `extensions.http.routePrefix` of host.json, may be empty
 * @throws ConfigurationError when the template is wrong, reserved by the host or not supported
 */
export const compileRoute = (template: string, prefix: string): Route => {
  const trimmed = template.replace(/^\/|\/$/g, '');
  const [first = ''] = splitTemplate(trimmed);
  if (RESERVED.includes(first.toLowerCase())) {
    throw new ConfigurationError(`The route "${template}" conflicts with the host's own routes below "${first}"`);
  }
  const segments = [...splitTemplate(prefix.replace(/^\/|\/$/g, '')), ...splitTemplate(trimmed)].map((text) =>
    compileSegment(text, template),
  );
  assertOrder(segments, template);
  return { template, match: (path) => matchSegments(segments, path) };
};

/** Splits a path into decoded segments; `%2F` stays as it is, as in ASP.NET Core. */
export const splitPath = (path: string): readonly string[] => {
  const trimmed = path.replace(/^\/|\/$/g, '');
  return trimmed === '' ? [] : trimmed.split('/').map(decodeSegment);
};

const decodeSegment = (segment: string): string => {
  if (!segment.includes('%')) {
    return segment;
  }
  try {
    return decodeURIComponent(segment.replace(/%2f/gi, '%252F'));
  } catch {
    // Not UTF-8: Kestrel leaves such a sequence as it came.
    return segment;
  }
};

/** Splits at slashes outside of braces: a regular expression may hold one. */
const splitTemplate = (template: string): string[] => {
  const segments = [''];
  let depth = 0;
  for (const character of template) {
    depth += character === '{' ? 1 : character === '}' ? -1 : 0;
    if (character === '/' && depth === 0) {
      segments.push('');
    } else {
      segments.push(`${segments.pop()}${character}`);
    }
  }
  return template === '' ? [] : segments;
};

const compileSegment = (text: string, template: string): Segment => {
  const tokens = text.match(/\{(?:\{\{|\}\}|[^{}])*\}|[^{}]+/g) ?? [];
  if (text === '' || tokens.join('') !== text) {
    throw new ConfigurationError(`The route "${template}" has an empty part or an unmatched brace in "${text}"`);
  }
  const parts = tokens.map((token) => (token.startsWith('{') ? parseParameter(token.slice(1, -1), template) : token));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return typeof only === 'string'
      ? { kind: 'literal', text: only.toLowerCase() }
      : { kind: 'parameter', parameter: only };
  }
  const parameters = parts.filter((part) => typeof part !== 'string');
  if (
    parameters.some((parameter) => parameter.isOptional || parameter.isCatchAll || parameter.defaultValue !== undefined)
  ) {
    throw new ConfigurationError(`The route "${template}" has "${text}", which this host does not support`);
  }
  if (parts.some((part, index) => typeof part !== 'string' && typeof parts[index + 1] === 'object')) {
    throw new ConfigurationError(`The route "${template}" has two parameters next to each other in "${text}"`);
  }
  const source = parts.map((part) => (typeof part === 'string' ? escapeForRegExp(part) : '(.+)')).join('');
  return { kind: 'mixed', pattern: new RegExp(`^${source}$`, 'i'), parameters };
};

const escapeForRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const parseParameter = (text: string, template: string): Parameter => {
  const match = /^(\*{0,2})([^:=?*{}]+)((?::(?:[a-z]+(?:\(.*?\)(?=[:=?]|$))?))*)(?:=([^?]*))?(\?)?$/i.exec(text);
  if (match === null) {
    throw new ConfigurationError(`The route "${template}" has "{${text}}", which is not a parameter`);
  }
  const [, stars = '', name = '', constraints = '', defaultValue, question] = match;
  return {
    name,
    isCatchAll: stars !== '',
    isOptional: question !== undefined,
    defaultValue,
    constraints: (constraints.match(/:[a-z]+(?:\(.*?\)(?=:|$))?/gi) ?? []).map((constraint) =>
      createConstraint(constraint.slice(1), template),
    ),
  };
};

const isSkippable = (segment: Segment | undefined): boolean =>
  segment?.kind === 'parameter' &&
  (segment.parameter.isOptional || segment.parameter.isCatchAll || segment.parameter.defaultValue !== undefined);

const assertOrder = (segments: readonly Segment[], template: string): void => {
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment.kind === 'parameter' && segment.parameter.isCatchAll && !isLast) {
      throw new ConfigurationError(`The route "${template}" has a catch-all parameter that is not its last part`);
    }
    if (segment.kind === 'parameter' && segment.parameter.isOptional && !segments.slice(index).every(isSkippable)) {
      throw new ConfigurationError(`The route "${template}" has an optional parameter that is not at its end`);
    }
  });
};

const matchSegments = (segments: readonly Segment[], path: readonly string[]): RouteParameters | undefined => {
  const found: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === 'parameter' && segment.parameter.isCatchAll) {
      return takeParameter(found, segment.parameter, path.slice(index).join('/')) ? found : undefined;
    }
    if (!matchSegment(found, segment, path[index])) {
      return undefined;
    }
  }
  return path.length > segments.length ? undefined : found;
};

const matchSegment = (found: Record<string, string>, segment: Segment, text: string | undefined): boolean => {
  switch (segment.kind) {
    case 'literal':
      return text?.toLowerCase() === segment.text;
    case 'parameter':
      return takeParameter(found, segment.parameter, text ?? '');
    case 'mixed': {
      const groups = segment.pattern.exec(text ?? '');
      return (
        groups !== null &&
        segment.parameters.every((parameter, index) => takeParameter(found, parameter, groups[index + 1] ?? ''))
      );
    }
  }
};

const takeParameter = (found: Record<string, string>, parameter: Parameter, text: string): boolean => {
  const value = text === '' ? parameter.defaultValue : text;
  if (value === undefined) {
    return parameter.isOptional || parameter.isCatchAll;
  }
  if (!parameter.constraints.every((constraint) => constraint(value))) {
    return false;
  }
  found[parameter.name] = value;
  return true;
};
