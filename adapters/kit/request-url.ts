import { AdapterFailure } from '../../shared/core/adapter.ts';

const longestShownPath = 200;

/** Reads a base URL. Throws `unexpected-response` unless it is https (or http, where allowed), without user, query and fragment. */
export function parseBaseUrl(baseUrl: string, allowHttp: boolean): URL {
  const base = URL.parse(baseUrl);
  if (base === null) throw new AdapterFailure('unexpected-response', 'The base URL is not an absolute URL.');
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw new AdapterFailure('unexpected-response', `The base URL must be https, not ${base.protocol.slice(0, -1)}.`);
  }
  if (base.protocol === 'http:' && !allowHttp) {
    throw new AdapterFailure(
      'unexpected-response',
      `The base URL must be https, to keep the credential from being read.`,
    );
  }
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    throw new AdapterFailure('unexpected-response', 'The base URL must have no user, query or fragment.');
  }
  return base;
}

/**
 * Makes the URL of a request: a path is put below the base URL's path; an absolute URL (a next-page link) is taken as it is.
 * Throws `unexpected-response`, naming both origins, when that would leave the base URL's origin.
 */
export function resolveRequestUrl(
  base: URL,
  url: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): URL {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(url) || url.startsWith('//');
  const basePath = base.pathname.replace(/\/+$/, '');
  const target = isAbsolute
    ? URL.parse(url, base.href)
    : URL.parse(url === '' ? base.href : `${base.origin}${basePath}/${url.replace(/^\//, '')}`);
  if (target === null)
    throw new AdapterFailure('unexpected-response', 'A request was to be made to what is not a URL.');
  assertSameOrigin(base, target, 'A request');
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) setQueryParameter(target, name, String(value));
  }
  return target;
}

/** Throws `unexpected-response`, naming both origins, unless `target` is of the same origin as `base`. */
export function assertSameOrigin(base: URL, target: URL, what: string): void {
  if (target.origin !== base.origin || target.username !== '' || target.password !== '') {
    const origin = target.origin === 'null' ? target.protocol : target.origin;
    throw new AdapterFailure(
      'unexpected-response',
      `${what} would have left ${base.origin} for ${origin}, which this integration must not call.`,
    );
  }
}

/** Sets one query parameter in place and leaves the writing of the others alone, since next-page links may be signed. */
export function setQueryParameter(url: URL, name: string, value: string): void {
  if (url.searchParams.has(name)) url.searchParams.delete(name);
  const separator = url.search === '' ? '?' : '&';
  url.search = `${url.search}${separator}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

/** Takes a query parameter (the one that carries a credential) out of a URL, in place. */
export function removeQueryParameter(url: URL, name: string): void {
  if (url.searchParams.has(name)) url.searchParams.delete(name);
}

/** A request as messages name it: method, origin and path, without query. */
export function describeRequest(method: string, url: URL): string {
  const path = url.pathname.length > longestShownPath ? `${url.pathname.slice(0, longestShownPath)}…` : url.pathname;
  return `${method} ${url.origin}${path}`;
}
