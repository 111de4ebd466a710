import type { z } from 'zod';
import type { FieldError } from '../contracts/problem.ts';
import type { Route } from '../contracts/route.ts';
import { AppError } from './app-error.ts';
import { type IfMatch, parseIfMatch } from './etag.ts';
import { pointerOf, presentName, toFieldErrors } from './field-errors.ts';
import type { ParsedRequest } from './route-input.ts';
import { parseStrictJson } from './strict-json.ts';

/** 1 MiB. */
export const maximumBodyBytes = 1_048_576;

/** A request as it arrived. */
export interface RawRequest {
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The query as it stands in the URL, without `?`. */
  readonly search: string;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
}

/** What the caller asks for beyond the route's own input. */
export interface RequestOptions {
  readonly idempotencyKey: string | undefined;
}

/**
 * Reads a request against its route. Whatever the route does not name is refused: parameters, fields, a body where there is none.
 *
 * @throws AppError `payload-too-large`, `unsupported-media-type`, or `invalid-request` with every error found
 */
export function parseRequest(route: Route, raw: RawRequest): ParsedRequest & RequestOptions {
  const errors: FieldError[] = [];
  const params = parsePart(route.params, 'path', raw.params, errors);
  const query = parseQuery(route.query, raw.search, errors);
  const { ifMatch, idempotencyKey } = parseHeaders(route, raw.header, errors);
  const body = parseBody(route.body, raw, errors);
  if (errors.length > 0) throw new AppError('invalid-request', { errors });
  return { params, query, body, ifMatch, idempotencyKey };
}

function parsePart(
  schema: z.ZodType | undefined,
  where: FieldError['in'],
  value: unknown,
  errors: FieldError[],
): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  errors.push(...toFieldErrors(where, parsed.error.issues));
  return undefined;
}

function parseQuery(schema: z.ZodType | undefined, search: string, errors: FieldError[]): unknown {
  const values = new Map<string, string>();
  let broken = false;
  const refuse = (name: string, message: string) => {
    broken = true;
    errors.push({ in: 'query', field: presentName(name), message });
  };
  for (const part of search.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const rawName = equals < 0 ? part : part.slice(0, equals);
    const name = decodeQueryPart(rawName);
    const value = decodeQueryPart(equals < 0 ? '' : part.slice(equals + 1));
    if (name === undefined || value === undefined) refuse(name ?? rawName, 'must be percent-encoded UTF-8');
    else if (schema === undefined) refuse(name, 'is not a known parameter');
    else if (values.has(name)) refuse(name, 'must be given once');
    else values.set(name, value);
    if (errors.length > 50) break;
  }
  return broken ? undefined : parsePart(schema, 'query', Object.fromEntries(values), errors);
}

function decodeQueryPart(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** A caller who relies on a header that a write does not honour must be told; on reads both headers mean nothing. */
function parseHeaders(
  route: Route,
  header: RawRequest['header'],
  errors: FieldError[],
): RequestOptions & { readonly ifMatch: IfMatch | undefined } {
  if (route.method === 'GET') return { ifMatch: undefined, idempotencyKey: undefined };
  const idempotencyKey = header('idempotency-key');
  if (idempotencyKey !== undefined) {
    const message =
      route.idempotent === true
        ? /^[\x20-\x7e]{1,255}$/.test(idempotencyKey)
          ? undefined
          : 'must be 1 to 255 printable ASCII characters'
        : 'is not supported by this operation';
    if (message !== undefined) errors.push({ in: 'header', field: 'Idempotency-Key', message });
  }
  const ifMatchHeader = header('if-match');
  if (ifMatchHeader === undefined) return { ifMatch: undefined, idempotencyKey };
  const ifMatch = route.concurrency === 'optional' ? parseIfMatch(ifMatchHeader) : undefined;
  if (ifMatch === undefined) {
    const message =
      route.concurrency === 'optional'
        ? 'must be "*" or the ETag of an answer, in double quotes'
        : 'is not supported by this operation';
    errors.push({ in: 'header', field: 'If-Match', message });
  }
  return { ifMatch, idempotencyKey };
}

function parseBody(schema: z.ZodType | undefined, raw: RawRequest, errors: FieldError[]): unknown {
  if (raw.body.byteLength > maximumBodyBytes) {
    throw new AppError('payload-too-large', { detail: `The body may have at most ${maximumBodyBytes} bytes.` });
  }
  if (schema === undefined) {
    if (raw.body.byteLength > 0) errors.push({ in: 'body', field: '', message: 'must be empty' });
    return undefined;
  }
  if (raw.body.byteLength === 0) return parsePart(schema, 'body', undefined, errors);
  requireJson(raw.header('content-type'));
  const json = parseStrictJson(raw.body);
  if (!json.ok) {
    errors.push({ in: 'body', field: pointerOf(json.refusal.path), message: json.refusal.message });
    return undefined;
  }
  return parsePart(schema, 'body', json.value, errors);
}

/** JSON is always UTF-8 (RFC 8259); another charset says that the body is something else. */
function requireJson(contentType: string | undefined): void {
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const isUtf8 = charset === undefined || charset.replaceAll('"', '') === 'utf-8';
  if (type !== 'application/json' || !isUtf8) {
    throw new AppError('unsupported-media-type', { detail: 'Send the body as "Content-Type: application/json".' });
  }
}
