import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request below the root of the management API. */
export interface ApiRequest {
  readonly method: string;
  /** Decoded parts of the path. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as JSON. */
  readonly body?: unknown;
}

/** An answer for a request that cannot be served; its message is for the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** @param prefix what stands before the API's own path */
export const readApiRequest = async (request: IncomingMessage, prefix: string): Promise<ApiRequest> => {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  return {
    method: request.method ?? 'GET',
    path: url.pathname
      .slice(prefix.length)
      .split('/')
      .filter((part) => part !== '')
      .map(decode),
    query: url.searchParams,
    header: (name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : undefined;
    },
    body: await text(request),
  };
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError(400, `The path has "${part}", which is not encoded correctly`);
  }
};

export const writeApiAnswer = (response: ServerResponse, { status, headers, body }: ApiAnswer): void => {
  const content = body === undefined ? '' : JSON.stringify(body);
  response
    .writeHead(status, {
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      'content-length': Buffer.byteLength(content),
      ...headers,
    })
    .end(content);
};

/** JSON text, as it came; `null` for nothing. */
export const jsonBody = ({ body }: ApiRequest): string => {
  if (body.trim() === '') {
    return 'null';
  }
  try {
    JSON.parse(body);
    return body;
  } catch (error) {
    throw new ApiError(400, `Invalid JSON content: ${error instanceof Error ? error.message : error}`);
  }
};

export const flag = ({ query }: ApiRequest, name: string, byDefault: boolean): boolean => {
  const value = query.get(name)?.toLowerCase();
  return value === 'true' || (value !== 'false' && byDefault);
};

/** Milliseconds since 1970 of a date in the query; undefined when there is none. */
export const date = ({ query }: ApiRequest, name: string): number | undefined => {
  const value = query.get(name);
  if (value === null || value === '') {
    return undefined;
  }
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) {
    throw new ApiError(400, `"${name}" is "${value}", which is not a date`);
  }
  return ms;
};

export const count = ({ query }: ApiRequest, name: string, byDefault: number): number => {
  const value = query.get(name);
  if (value === null || value === '') {
    return byDefault;
  }
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) {
    throw new ApiError(400, `"${name}" is "${value}", which is not a number from 1`);
  }
  return number;
};
