import { createServer, request as openRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchSends } from '../../../../local/functions-host/queue/watch-sends.ts';

let server: Server;
let url: string;
let status = 201;

beforeEach(async () => {
  server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const send = (method: string, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = openRequest(`${url}${path}`, { method, agent: false }, (response) => {
      response.resume().once('end', resolve);
    });
    request.once('error', reject).end();
  });

test('messages that are put, or made visible at once, are reported with the URL of their queue', async () => {
  const sent: string[] = [];
  const end = watchSends((queueUrl) => sent.push(queueUrl));
  status = 201;
  await send('POST', '/account/orders/messages');
  await send('POST', '/account/orders/messages?messagettl=5');
  await send('GET', '/account/orders/messages?numofmessages=16');
  await send('POST', '/account/orders');
  status = 204;
  await send('PUT', '/account/failed/messages/some-id?popreceipt=x&visibilitytimeout=0');
  await send('PUT', '/account/failed/messages/some-id?popreceipt=x&visibilitytimeout=600');
  await send('DELETE', '/account/failed/messages/some-id?popreceipt=x');
  status = 404;
  await send('POST', '/account/missing/messages');
  expect(sent).toEqual([`${url}/account/orders`, `${url}/account/orders`, `${url}/account/failed`]);
  end();
  status = 201;
  await send('POST', '/account/orders/messages');
  expect(sent).toHaveLength(3);
});
