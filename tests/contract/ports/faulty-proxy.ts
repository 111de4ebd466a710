import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One exchange with the service, as a fault may spoil it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Asks the service, with another body if one is given. */
  forward(body?: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What happens to an exchange: an answer, or `lost` when the connection breaks without one. */
export type Fault = (exchange: Exchange) => Promise<Answer | 'lost'>;

export interface FaultyProxy {
  readonly endpoint: string;
  /** Faults for the next exchanges with documents, one each; after them everything works. */
  readonly faults: Fault[];
  /** Documents requests that arrived, in all. */
  requests(): number;
  close(): Promise<void>;
}

/** The service does its work, but nobody hears of it. */
export const loseAnswer: Fault = async (exchange) => {
  await exchange.forward();
  return 'lost';
};

export const loseRequest: Fault = async () => 'lost';

export const answerWith =
  (status: number, retryAfterMs?: number): Fault =>
  async () => ({
    status,
    headers: retryAfterMs === undefined ? {} : { 'x-ms-retry-after-ms': String(retryAfterMs) },
    body: JSON.stringify({ code: String(status), message: 'injected' }),
  });

/** Of a bulk request only the first half is worked on; the rest is throttled. */
export const throttleHalf: Fault = async (exchange) => {
  const operations = JSON.parse(exchange.body) as unknown[];
  const half = Math.ceil(operations.length / 2);
  const answer = await exchange.forward(JSON.stringify(operations.slice(0, half)));
  const throttled = { statusCode: 429, requestCharge: 0, retryAfterMilliseconds: 1 };
  const results = [...(JSON.parse(answer.body) as unknown[]), ...operations.slice(half).map(() => throttled)];
  return { status: 207, headers: answer.headers, body: JSON.stringify(results) };
};

/** A proxy in front of a local Cosmos that spoils exchanges on demand. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const faults: Fault[] = [];
  let requests = 0;
  let endpoint = '';

  const forward = async (message: IncomingMessage, body: string): Promise<Answer> => {
    const headers = Object.fromEntries(
      Object.entries(message.headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name)),
    ) as Record<string, string>;
    const method = message.method ?? 'GET';
    const response = await fetch(`${target}${message.url}`, { method, headers, ...(body === '' ? {} : { body }) });
    const text = await response.text();
    const kept = [...response.headers].filter(
      ([name]) => name.startsWith('x-ms-') || ['content-type', 'etag'].includes(name),
    );
    // The account names its own address; the client must keep coming through here.
    return { status: response.status, headers: Object.fromEntries(kept), body: text.replaceAll(target, endpoint) };
  };

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of message.setEncoding('utf8')) body += chunk;
    const path = message.url ?? '/';
    const isDocument = /\/docs(\/|$)/.test(path);
    if (isDocument) requests += 1;
    const fault = isDocument ? faults.shift() : undefined;
    const exchange: Exchange = {
      method: message.method ?? 'GET',
      path,
      headers: message.headers,
      body,
      forward: (changed) => forward(message, changed ?? body),
    };
    const answer = fault === undefined ? await exchange.forward() : await fault(exchange);
    if (answer === 'lost') {
      message.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
    response.end(answer.body);
  };

  const server = createServer((message, response) => {
    handle(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    faults,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
