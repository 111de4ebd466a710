import type { IncomingMessage } from 'node:http';
import type { HttpData, NullableString } from '../worker/rpc.ts';
import type { RouteParameters } from './route.ts';

/** As in Azure. */
export const BODY_LIMIT_BYTES = 100 * 1024 * 1024;

/** The body is longer than the host takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/**
 * Reads the body that goes to the function. As in Azure, a body without `Content-Length` (chunked) is not handed on when
 * the host buffers, and neither is that of GET and HEAD.
 * @throws BodyTooLargeError past 100 MB; an Error when the client goes away
 */
export const readBody = async (request: IncomingMessage): Promise<Uint8Array | undefined> => {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > BODY_LIMIT_BYTES) {
    throw new BodyTooLargeError(`The request body has ${length} bytes, more than ${BODY_LIMIT_BYTES}`);
  }
  if (length === 0 || request.method === 'GET' || request.method === 'HEAD') {
    request.resume();
    return undefined;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
};

export const hasChunkedBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined && request.headers['content-length'] === undefined;

/** The request as the worker gets it when the host buffers. */
export const toHttpData = (
  request: IncomingMessage,
  url: string,
  parameters: RouteParameters,
  body: Uint8Array | undefined,
): HttpData => ({
  method: request.method ?? 'GET',
  url,
  nullableHeaders: toNullable(forwardedHeaders(request)),
  nullableParams: toNullable(parameters),
  nullableQuery: toNullable(joinQuery(url)),
  ...(body === undefined ? {} : { body: { bytes: body } }),
});

const toNullable = (values: Readonly<Record<string, string>>): Record<string, NullableString> => {
  const result: Record<string, NullableString> = {};
  for (const name in values) {
    result[name] = { value: values[name] ?? '' };
  }
  return result;
};

/**
 * The headers that reach the function: several of one name joined as Node does, the identity headers of App Service
 * authentication removed (nobody may claim an identity from outside), the forwarding headers as a front end sets them.
 */
export const forwardedHeaders = (request: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined && !name.startsWith('x-ms-client-principal')) {
      headers[name] = typeof value === 'string' ? value : value.join(', ');
    }
  }
  const { remoteAddress = '', remotePort = 0 } = request.socket;
  const client = `${remoteAddress}:${remotePort}`;
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? client : `${before}, ${client}`;
  headers['x-forwarded-proto'] = 'http';
  return headers;
};

/**
 * As the host hands the query on: one value per name, names in any case of letters, duplicates joined with a comma.
 * The URL of the request keeps them apart.
 */
const joinQuery = (url: string): Record<string, string> => {
  const start = url.indexOf('?');
  if (start < 0) {
    return {};
  }
  const names = new Map<string, string>();
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    const lower = name.toLowerCase();
    const known = names.get(lower);
    if (known === undefined) {
      names.set(lower, name);
      query[name] = value;
    } else {
      query[known] += `,${value}`;
    }
  }
  return query;
};
