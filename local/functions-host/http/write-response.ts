import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, TypedData } from '../worker/rpc.ts';

/** The connection is the host's: these headers of a function's answer are not taken over. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Answers with what a function returned; 204 when it returned nothing.
 * @throws Error when the status or a header cannot be sent
 */
export const writeResponse = (
  response: ServerResponse,
  data: HttpData | undefined,
  customHeaders: Readonly<Record<string, string>>,
): void => {
  const headers: OutgoingHttpHeaders = { ...customHeaders };
  if (data === undefined) {
    response.writeHead(204, headers).end();
    return;
  }
  for (const name in data.headers) {
    if (!CONNECTION_HEADERS.has(name)) {
      headers[name] = data.headers[name];
    }
  }
  if (data.cookies !== undefined && data.cookies.length > 0) {
    headers['set-cookie'] = data.cookies.map(formatCookie);
  }
  const status = Number(data.statusCode ?? 200);
  const body = toBytes(data.body);
  const mayHaveBody = status !== 204 && status !== 304;
  if (mayHaveBody) {
    headers['content-length'] = body.length;
  }
  response.writeHead(status, headers).end(mayHaveBody ? body : undefined);
};

const toBytes = (body: TypedData | null | undefined): Uint8Array => {
  if (body === null || body === undefined) {
    return Buffer.alloc(0);
  }
  return body.bytes ?? Buffer.from(body.string ?? body.json ?? String(body.int ?? body.double ?? ''), 'utf8');
};

const SAME_SITE = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' };

/** Writes a `Set-Cookie` value; the attributes in the order in which ASP.NET Core writes them, the value encoded. */
export const formatCookie = (cookie: HttpCookie): string => {
  const sameSite = SAME_SITE[cookie.sameSite ?? 'none'];
  const expires = cookie.expires?.value;
  const maxAge = cookie.maxAge?.value;
  const attributes = [
    `${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`,
    expires === undefined ? undefined : `expires=${new Date(expires.seconds * 1000).toUTCString()}`,
    maxAge === undefined ? undefined : `max-age=${Math.trunc(maxAge)}`,
    cookie.domain?.value === undefined ? undefined : `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? '/'}`,
    cookie.secure?.value === true ? 'secure' : undefined,
    sameSite === undefined ? undefined : `samesite=${sameSite}`,
    cookie.httpOnly?.value === true ? 'httponly' : undefined,
  ];
  return attributes.filter((attribute) => attribute !== undefined).join('; ');
};
