import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What to answer. A function writes to the socket itself: for answers that a well-behaved server would not give. */
export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly json?: unknown;
      readonly body?: string | Uint8Array;
    }
  | ((response: ServerResponse) => void);

export type Handler = (request: ReceivedRequest) => Answer;

export interface FixtureServer {
  readonly origin: string;
  readonly requests: ReceivedRequest[];
  /** How many connections were ever made. */
  readonly connections: () => number;
  answerWith(handler: Handler): void;
  close(): Promise<void>;
}

/** A real HTTP server on a free loopback port that answers as the test at hand tells it to. */
export async function startFixtureServer(initial?: Handler): Promise<FixtureServer> {
  const unprepared: Handler = () => ({ status: 500, json: { error: 'no handler was set' } });
  let handler = initial ?? unprepared;
  let connections = 0;
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received: ReceivedRequest = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', origin),
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(received);
      send(response, handler(received));
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    requests,
    connections: () => connections,
    answerWith: (next) => {
      handler = next;
      requests.length = 0;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if (typeof answer === 'function') {
    answer(response);
    return;
  }
  response.statusCode = answer.status ?? 200;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (answer.json !== undefined && !response.hasHeader('content-type')) {
    response.setHeader('content-type', 'application/json; charset=utf-8');
  }
  response.end(answer.body ?? (answer.json === undefined ? undefined : JSON.stringify(answer.json)));
}
