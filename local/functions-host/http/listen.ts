import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describeError, type Log } from '../log.ts';

export type HandleRequest = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface HttpListener {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Takes no new connections and resolves when every request that has begun is answered. */
  drain(): Promise<void>;
}

/** As Kestrel in the host: 32 KB of request headers. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Longer than load balancers and clients keep idle connections, so that the client closes first. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Listens on 127.0.0.1.
 * @param handle a rejection is logged and answered with 500, or cuts the answer when it has begun
 * @param port 0 for a free one
 */
export const listen = async (handle: HandleRequest, port: number, log: Log): Promise<HttpListener> => {
  const inFlight = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let isDraining = false;
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    if (isDraining) {
      response.setHeader('connection', 'close');
    }
    handle(request, response).catch((error: unknown) => {
      log('error', 'Host.Http', describeError(error));
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(500, { 'content-length': 0 }).end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error(`Unexpected server address: ${address}`);
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    drain: () => {
      isDraining = true;
      for (const response of inFlight) {
        if (!response.headersSent) {
          response.setHeader('connection', 'close');
        }
      }
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const busy = new Set([...inFlight].map((response) => response.socket));
      for (const socket of sockets) {
        if (!busy.has(socket)) {
          socket.destroy();
        }
      }
      return closed;
    },
  };
};
