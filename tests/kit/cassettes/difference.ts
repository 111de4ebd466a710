import type { Body, Headers, RecordedRequest } from './cassette.ts';

const longestShown = 80;

/** What differs first between a recorded request and one that was made, in words; `undefined` when nothing does. */
export function differenceOf(recorded: RecordedRequest, made: RecordedRequest): string | undefined {
  if (recorded.method !== made.method) return says('the method', recorded.method, made.method);
  const [was, is] = [new URL(recorded.url, 'http://cassette'), new URL(made.url, 'http://cassette')];
  if (was.origin + was.pathname !== is.origin + is.pathname) {
    return says('the address', was.origin + was.pathname, is.origin + is.pathname);
  }
  return (
    differenceOfLists('the parameter', parametersOf(was), parametersOf(is)) ??
    differenceOfLists('the header', recorded.headers, made.headers) ??
    differenceOfBodies(recorded.body, made.body)
  );
}

function parametersOf(url: URL): Headers {
  const parameters: Headers = {};
  for (const name of new Set(url.searchParams.keys())) parameters[name] = url.searchParams.getAll(name);
  return parameters;
}

function differenceOfLists(what: string, was: Headers, is: Headers): string | undefined {
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [left, right] = [was[name], is[name]];
    if (JSON.stringify(left) !== JSON.stringify(right)) return says(`${what} "${name}"`, left, right);
  }
  return undefined;
}

function differenceOfBodies(was: Body | undefined, is: Body | undefined): string | undefined {
  if (was !== undefined && is !== undefined && 'json' in was && 'json' in is) {
    return differenceOfValues([], was.json, is.json) ?? says("the body's layout", was.indent, is.indent, true);
  }
  if (was !== undefined && is !== undefined && 'lines' in was && 'lines' in is) {
    const line = was.lines.findIndex((text, index) => text !== is.lines[index]);
    if (line >= 0) return says(`line ${line + 1} of the body`, was.lines[line], is.lines[line]);
  }
  return says('the body', was, is, true);
}

/** The order of members counts: a signature over the body would. */
function differenceOfValues(path: readonly string[], was: unknown, is: unknown): string | undefined {
  if (isObject(was) && isObject(is)) {
    const [left, right] = [Object.keys(was), Object.keys(is)];
    for (const name of new Set([...left, ...right])) {
      const found = differenceOfValues([...path, name], was[name], is[name]);
      if (found !== undefined) return found;
    }
    return says(`the order of the members of ${nameOf(path)}`, left.join(), right.join(), true);
  }
  if (Array.isArray(was) && Array.isArray(is)) {
    for (const index of Array.from({ length: Math.max(was.length, is.length) }, (_, at) => at)) {
      const found = differenceOfValues([...path, String(index)], was[index], is[index]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return says(nameOf(path), was, is, true);
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? 'the body' : `the body at "${path.join('.')}"`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function says(what: string, was: unknown, is: unknown, unlessSame = false): string | undefined {
  if (unlessSame && JSON.stringify(was) === JSON.stringify(is)) return undefined;
  return `${what} differs: recorded was ${show(was)}, now it is ${show(is)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
