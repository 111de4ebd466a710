import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CassetteRecorder } from './recorder.ts';

export interface DeliveryProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on loopback in front of an app, passes every request on to it as it came, and notes request and answer. */
export async function recordDeliveries(recorder: CassetteRecorder, app: string, port: number): Promise<DeliveryProxy> {
  const target = new URL(app);
  if (target.protocol !== 'http:') throw new Error(`The app to pass deliveries on to must be at http, not ${app}.`);
  const server = createServer((incoming, outgoing) => {
    passOn(recorder, target, incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(`The app did not answer: ${String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function passOn(
  recorder: CassetteRecorder,
  target: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readAll(incoming);
  const { method = 'GET', url = '/' } = incoming;
  const answered = await recorder.noteDelivery({ method, url, headers: incoming.headersDistinct, body });
  const answer = await send(target, incoming, body);
  await answered({ status: answer.status, headers: answer.headers, body: answer.body });
  outgoing.writeHead(answer.status, answer.headers).end(answer.body);
}

function send(
  { hostname, port }: URL,
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: url, headers: rawHeaders }, (answer) => {
      readAll(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: bytes }),
        reject,
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
