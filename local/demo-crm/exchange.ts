import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.ts';

/** A request whose body has been read. */
export interface CrmRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const jsonAnswer = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  body: JSON.stringify(value),
});

/** The JSON value in the body; throws a 400 or 415 problem. */
export const readJson = (request: CrmRequest): unknown => {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/([a-z.+-]+\+)?json\b/i.test(contentType)) {
    throw new Problem(415, 'unsupported-media-type', 'the body must be application/json');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body));
  } catch {
    throw new Problem(400, 'invalid-json', 'the body is not JSON in UTF-8');
  }
};
