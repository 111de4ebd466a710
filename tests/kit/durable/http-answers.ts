import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpAnswers {
  readonly origin: string;
  close(): void;
}

/** `GET /<status>/<polls>` answers with the status; before, so many times with 202 and where to ask next. */
export async function startHttpAnswers(): Promise<HttpAnswers> {
  const server = createServer((request, response) => {
    const [, status = '500', polls = '0'] = (request.url ?? '').split('/');
    if (Number(polls) > 0) {
      const location = `http://${request.headers.host}/${status}/${Number(polls) - 1}`;
      response.writeHead(202, { Location: location, 'Retry-After': '1' }).end();
    } else {
      response.writeHead(Number(status), { 'content-type': 'text/plain' }).end(`answer ${status}`);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
