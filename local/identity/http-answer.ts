import type { IncomingMessage } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  /** A text is a page of HTML, anything else becomes JSON; nothing is sent for undefined. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

const LONGEST_FORM_BYTES = 64 * 1024;

/** The fields of a form; undefined if the body is none or longer than 64 KB. */
export const readForm = async (request: IncomingMessage): Promise<URLSearchParams | undefined> => {
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_FORM_BYTES) {
      return;
    }
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
};
