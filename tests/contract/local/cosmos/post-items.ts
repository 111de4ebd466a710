import { createHmac } from 'node:crypto';

/** A signed POST to the items of a container of the database `test`, without the SDK and its ideas of bodies and tries. */
export function postItems(
  { endpoint, key }: { readonly endpoint: string; readonly key: string },
  containerId: string,
  body: string,
  partitionKey = '["p"]',
): Promise<Response> {
  const link = `dbs/test/colls/${containerId}`;
  const date = new Date().toUTCString();
  const text = `post\ndocs\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
  const headers = { authorization, 'x-ms-date': date, 'x-ms-documentdb-partitionkey': partitionKey };
  return fetch(`${endpoint}/${link}/docs`, { method: 'POST', body, headers });
}
