import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.ts';

/**
 * Throws a 401 problem unless the request carries the key: as `Authorization: Bearer`, as the password of basic
 * authentication (any user), in `X-Api-Key` or as `?api_key=`.
 */
export const authenticate = (headers: IncomingHttpHeaders, url: URL, apiKey: string): void => {
  const offered = readOfferedKey(headers, url);
  if (offered === undefined || !isSame(offered, apiKey)) {
    throw new Problem(401, 'invalid-api-key', 'a valid API key is needed', {
      'www-authenticate': 'Bearer realm="demo-crm"',
    });
  }
};

const readOfferedKey = (headers: IncomingHttpHeaders, url: URL): string | undefined => {
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer') {
    return credentials;
  }
  if (scheme.toLowerCase() === 'basic') {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    return text.includes(':') ? text.slice(text.indexOf(':') + 1) : undefined;
  }
  const header = headers['x-api-key'];
  return typeof header === 'string' ? header : (url.searchParams.get('api_key') ?? undefined);
};

/** Digests have one length, which the comparison in constant time needs. */
const isSame = (offered: string, expected: string): boolean => timingSafeEqual(digest(offered), digest(expected));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
