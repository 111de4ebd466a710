import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export const RPC_PATH = '/durabletask';

/** Names the host that is meant in a request from host to host, and the one that answers. */
export const HOST_HEADER = 'x-castiel-task-hub-host';

export interface RpcListener {
  /** With a slash at its end, as the library wants it. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on this machine for the app's own clients, which need no key, as in Azure, and for other hosts of the hub.
 * @param id of this host: a request that is meant for another one, which had this port before, is not answered
 */
export const startRpcListener = async (
  id: string,
  answer: (request: IncomingMessage, response: ServerResponse, isForwarded: boolean) => Promise<void>,
): Promise<RpcListener> => {
  const server = createServer((request, response) => {
    // A web page in a browser on this machine is no client of the app.
    if (request.headers.origin !== undefined) {
      response.writeHead(403).end();
      return;
    }
    const meant = request.headers[HOST_HEADER];
    response.setHeader(HOST_HEADER, id);
    if ((meant !== undefined && meant !== id) || !request.url?.startsWith(`${RPC_PATH}/`)) {
      response.writeHead(421).end();
      return;
    }
    // It answers failures itself; this one is of the connection.
    answer(request, response, meant !== undefined).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error(`Unexpected server address: ${address}`);
  }
  return {
    url: `http://127.0.0.1:${address.port}${RPC_PATH}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
};
