import { type IncomingHttpHeaders, request as openRequest } from 'node:http';
import { CosmosClient } from '@azure/cosmos';
import { collections } from '../../shared/azure/collections.ts';
import { type DeliveryDocument, deliveryDocument } from '../../shared/core/documents/delivery.ts';
import type { Sender } from '../kit/webhooks/signed-requests.ts';
import type { App, Tenant } from './start-app.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  /** Names as they are, in pairs where one is given twice. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
}

/** Sends a request byte for byte: nothing of it is made better on the way. */
export function sendRaw(url: string, { method = 'POST', headers = [], body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const own = body === undefined ? [] : [['content-length', String(body.length)] as const];
    const given = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
      ? headers
      : [...headers, ...own];
    const request = openRequest(url, {
      method,
      agent: false,
      setHost: false,
      headers: [['host', new URL(url).host], ...given].flat(),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.end(body);
  });
}

/** A tenant's integration that takes a sender's webhooks, and the sender. */
export interface WebhookSender {
  readonly url: string;
  readonly send: (input?: {
    readonly number?: number;
    readonly body?: string;
    readonly secret?: string;
    /** Replaces headers of the same name. */
    readonly headers?: readonly (readonly [string, string])[];
  }) => Promise<RawAnswer>;
}

/** Sets the webhooks of the tenant's integration for a sender. */
export async function openSender(
  app: App,
  tenant: Tenant,
  sender: Sender,
  settings: object = {},
): Promise<WebhookSender> {
  const { tenantId, integrationId, admin } = tenant;
  const body = { verification: sender.verification, secret: sender.secret, ...settings };
  const set = await admin.call('setWebhookEndpoint', { params: { integrationId }, body });
  const url = `${app.twin.api()}/webhooks/${integrationId}/${tenantId}`;
  if (!set.text('url').startsWith(url)) throw new Error(`The URL to set is ${set.text('url')}, not ${url}`);
  return {
    url,
    send: ({ number = 1, body: text, secret = sender.secret, headers = [] } = {}) => {
      const made = sender.request({
        body: text ?? sender.body(number, secret),
        url,
        nowMs: Date.now(),
        secret,
        number,
      });
      const replaced = new Set(headers.map(([name]) => name.toLowerCase()));
      const kept = Object.entries(made.headers).filter(([name]) => !replaced.has(name));
      return sendRaw(`${url}${made.suffix}`, { headers: [...kept, ...headers], body: made.body });
    },
  };
}

/** All deliveries that are stored for a tenant. */
export async function storedDeliveries(app: App, tenantId: string): Promise<DeliveryDocument[]> {
  const { endpoint, key } = app.twin.cosmos;
  const client = new CosmosClient({ endpoint, key });
  try {
    const { resources } = await client
      .database('castiel')
      .container(collections.deliveries.container)
      .items.query<Record<string, unknown>>(
        { query: 'SELECT * FROM c WHERE c.tenantId = @t', parameters: [{ name: '@t', value: tenantId }] },
        { partitionKey: [tenantId] },
      )
      .fetchAll();
    return resources.map((resource) =>
      deliveryDocument.parse(Object.fromEntries(Object.entries(resource).filter(([name]) => !name.startsWith('_')))),
    );
  } finally {
    client.dispose();
  }
}
