import type { Method } from '../contracts/route.ts';

/** Something that answers one method of one path. */
export interface Entry {
  readonly method: Method;
  /** Below `/api`, with `{parameters}`. */
  readonly path: string;
}

export type Found<E extends Entry> =
  | { readonly kind: 'found'; readonly entry: E; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other-methods'; readonly allowed: readonly Method[] }
  | { readonly kind: 'none' };

/**
 * Which entry a request is for. Literals match in any case and a slash at the end does not matter, as in the Functions host. Where several paths
 * fit, the one with the earlier literal is meant: `deliveries/{id}` rather than `{integrationId}/{tenantId}`.
 */
export function findEntry<E extends Entry>(entries: readonly E[], method: string, path: string): Found<E> {
  const fitting = entries.flatMap((entry) => {
    const params = matchPath(entry.path, path);
    return params === undefined ? [] : [{ entry, params, shape: shapeOf(entry.path) }];
  });
  const [closest] = fitting.map(({ shape }) => shape).sort();
  const meant = fitting.filter(({ shape }) => shape === closest);
  const found = meant.find(({ entry }) => entry.method === method);
  if (found !== undefined) return { kind: 'found', entry: found.entry, params: found.params };
  return meant.length === 0
    ? { kind: 'none' }
    : { kind: 'other-methods', allowed: meant.map(({ entry }) => entry.method) };
}

/** Sorts literals before parameters, segment by segment. */
function shapeOf(template: string): string {
  return template
    .split('/')
    .map((part) => (part.startsWith('{') ? '1' : '0'))
    .join('');
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.replace(/^\/|\/$/g, '').split('/');
  if (wanted.length !== given.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, part] of wanted.entries()) {
    const segment = given[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (segment.toLowerCase() !== part.toLowerCase()) return undefined;
    } else {
      if (segment === '') return undefined;
      params.set(name, decode(segment));
    }
  }
  return Object.fromEntries(params);
}

/** What is not valid percent-encoding stays as it is: no id looks like that, so its schema refuses it by name. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
