import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A message as it came in. */
export interface ReceivedMessage {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly message: { readonly id: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> };
  readonly atMs: number;
}

/** What the receiver answers; a function writes to the socket itself. */
export type ReceiverAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse) => void);

/** A real HTTP receiver of webhooks on a free loopback port. Each path is a receiver of its own. */
export interface WebhookReceiver {
  url(path: string): string;
  /** What a path answers from now on; 200 unless told. */
  answerAt(path: string, answer: (received: ReceivedMessage) => ReceiverAnswer): void;
  receivedAt(path: string): readonly ReceivedMessage[];
  /** How many connections were ever made. */
  connections(): number;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedMessage[] = [];
  const answers = new Map<string, (received: ReceivedMessage) => ReceiverAnswer>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = readMessage(request, Buffer.concat(chunks).toString('utf8'));
      received.push(message);
      const answer = answers.get(message.path)?.(message) ?? { status: 200 };
      if (typeof answer === 'function') answer(response);
      else response.writeHead(answer.status, answer.headers).end(`answered ${answer.status}`);
    });
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: (path) => `${origin}${path}`,
    answerAt: (path, answer) => answers.set(path, answer),
    receivedAt: (path) => received.filter((each) => each.path === path),
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readMessage(request: IncomingMessage, body: string): ReceivedMessage {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { path: request.url ?? '', headers, body, message: JSON.parse(body), atMs: Date.now() };
}

/** Whether a message verifies by the reference library. */
export function isSignedBy({ body, headers }: ReceivedMessage, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
