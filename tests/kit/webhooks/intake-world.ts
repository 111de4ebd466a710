import type { setWebhookEndpoint as setRoute } from '../../../shared/contracts/webhook-endpoints.ts';
import type { Adapter } from '../../../shared/core/adapter.ts';
import type { DeliveryDocument } from '../../../shared/core/documents/delivery.ts';
import type { InputOf } from '../../../shared/core/route-input.ts';
import { type Scope, systemScope } from '../../../shared/core/scope.ts';
import type { HttpAnswer, IncomingRequest } from '../../../shared/use-cases/answer-request.ts';
import { answerWebhook } from '../../../shared/use-cases/webhooks/answer-webhook.ts';
import { setWebhookEndpoint } from '../../../shared/use-cases/webhooks/set-webhook-endpoint.ts';
import { createMemoryDeps, type MemoryDeps, type MemoryOptions } from '../memory-ports.ts';
import { sampleIntegration } from '../sample-documents.ts';
import type { Sender, SignedRequest } from './signed-requests.ts';

const origin = 'https://hooks.example';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** What of a request a test changes. */
export interface SendChange {
  readonly number?: number;
  readonly secret?: string;
  readonly tenantId?: string;
  readonly integrationId?: string;
  /** `undefined` removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array;
  readonly method?: 'GET' | 'POST';
  /** Instead of what the sender appends to the URL. */
  readonly suffix?: string;
}

/** An integration that takes a sender's webhooks, over ports in memory. */
export interface IntakeWorld {
  readonly deps: MemoryDeps;
  readonly scope: Scope;
  readonly integrationId: string;
  readonly set: (body: InputOf<typeof setRoute>['body']) => ReturnType<typeof setWebhookEndpoint>;
  readonly send: (change?: SendChange) => Promise<HttpAnswer>;
  readonly stored: () => DeliveryDocument[];
}

/** Takes any kind. */
const adapter = { id: 'custom-rest' } as Adapter;

let requests = 0;

/** A request as the HTTP trigger hands it over. */
export function incomingOf(
  signed: SignedRequest,
  target: { readonly integrationId: string; readonly tenantId: string },
): IncomingRequest {
  const path = `/api/webhooks/${target.integrationId}/${target.tenantId}`;
  const url = new URL(`${origin}${path}${signed.suffix}`);
  const secret = url.pathname.slice(path.length + 1);
  requests += 1;
  return {
    requestId: `req_${requests}`,
    path: url.pathname,
    search: signed.suffix.split('?')[1] ?? '',
    params: { ...target, ...(secret === '' ? {} : { secret }) },
    header: (name) => signed.headers[name],
    headers: () => Object.entries(signed.headers),
    readBody: async () => signed.body,
  };
}

export async function createIntake(
  sender: Sender,
  options: MemoryOptions = {},
  settings: Partial<InputOf<typeof setRoute>['body']> = {},
): Promise<IntakeWorld> {
  const deps = createMemoryDeps({ adapters: [adapter], ...options });
  const scope = systemScope('acme', 'test', traceparent);
  const integration = sampleIntegration(scope.tenantId);
  await deps.integrations.write(scope, { kind: 'create', document: integration });
  const set = (body: InputOf<typeof setRoute>['body']) =>
    setWebhookEndpoint(deps, scope, {
      params: { integrationId: integration.id },
      query: undefined,
      body,
      ifMatch: undefined,
      attempt: { at: deps.now(), repeated: false },
    });
  await set({ verification: sender.verification, secret: sender.secret, ...settings });
  const send = (change: SendChange = {}) => {
    const { number = 1, secret = sender.secret, tenantId = scope.tenantId, integrationId = integration.id } = change;
    const url = `${origin}/api/webhooks/${integrationId}/${tenantId}`;
    const text = typeof change.body === 'string' ? change.body : sender.body(number, secret);
    const signed = sender.request({ body: text, url, nowMs: deps.clock.nowMs(), secret, number });
    const headers = Object.entries({ ...signed.headers, ...change.headers }).filter(([, value]) => value !== undefined);
    const request: SignedRequest = {
      ...signed,
      headers: Object.fromEntries(headers) as Record<string, string>,
      suffix: change.suffix ?? signed.suffix,
      ...(change.body instanceof Uint8Array ? { body: change.body } : {}),
    };
    const incoming = incomingOf(request, { integrationId, tenantId });
    return answerWebhook(
      async () => deps,
      change.method ?? 'POST',
      incoming,
      () => undefined,
    );
  };
  return { deps, scope, integrationId: integration.id, set, send, stored: () => deps.deliveries.all() };
}
