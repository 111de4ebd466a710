import { isJsonObject } from '../json.ts';
import type { WebhookRequest, WebhookVerification } from './evidence.ts';
import type { Payload } from './read-payload.ts';
import { salesforceSecretParameter } from './verify-salesforce.ts';

const mask = '••••';
const mostHeaders = 64;
const longestValue = 1024;
const longestQuery = 2048;

/** Headers and parameters whose names say that their values prove something. */
const telling =
  /auth|token|secret|passw|cookie|credential|session|signature|hmac|certificate|clientcert|api-?key|^code$|^sig$/i;

/** A request's headers as they may be kept: what proves the sender is masked, the hop's own are left out. */
export function shownHeaders(
  verification: WebhookVerification,
  headers: Iterable<readonly [string, string]>,
): Record<string, string> {
  const secret = verification.kind === 'shared-header' || verification.kind === 'jwt' ? verification.header : undefined;
  const shown: Record<string, string> = {};
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (/^(?:connection|keep-alive|transfer-encoding|host|content-length|x-functions-key|__proto__)$/.test(name))
      continue;
    if (Object.keys(shown).length === mostHeaders) break;
    shown[name] = telling.test(name) || name === secret ? mask : value.slice(0, longestValue).toWellFormed();
  }
  return shown;
}

/** A request's query as it may be kept. */
export function shownQuery(verification: WebhookVerification, search: string): string | undefined {
  if (search === '') return undefined;
  const secret = verification.kind === 'salesforce-outbound-message' ? salesforceSecretParameter : undefined;
  const parts = search.split('&').map((part) => {
    const [name = ''] = part.split('=', 1);
    return telling.test(name) || name === secret ? `${name}=${mask}` : part;
  });
  return parts.join('&').slice(0, longestQuery).toWellFormed();
}

const typeHeaders: Partial<Record<WebhookVerification['kind'], string>> = {
  github: 'x-github-event',
  shopify: 'x-shopify-topic',
};

/** What happened, in the provider's word, where it says so in a place that is known. */
export function eventTypeOf(
  { kind }: WebhookVerification,
  request: WebhookRequest,
  payload: Payload,
): string | undefined {
  const header = typeHeaders[kind];
  if (header !== undefined) return request.header(header)?.slice(0, longestValue);
  if (payload.kind === 'xml') return kind === 'salesforce-outbound-message' ? 'outbound-message' : undefined;
  if (payload.kind !== 'json') return undefined;
  const { value } = payload;
  const first = Array.isArray(value) ? value[0] : value;
  if (!isJsonObject(first)) return undefined;
  const event = kind === 'slack' ? first['event'] : undefined;
  const notifications = kind === 'microsoft-graph' ? first['value'] : undefined;
  const notification = Array.isArray(notifications) ? notifications[0] : undefined;
  const shown = isJsonObject(event) ? event : isJsonObject(notification) ? notification : first;
  const type = shown['lifecycleEvent'] ?? shown['subscriptionType'] ?? shown['changeType'] ?? shown['type'];
  return typeof type === 'string' ? type.slice(0, longestValue).toWellFormed() : undefined;
}

/** The instant that was signed, as documents hold it; `undefined` where none was, or none that there is. */
export function describeSignedTime(signedAtMs: number | undefined): string | undefined {
  return signedAtMs === undefined ? undefined : new Date(signedAtMs).toISOString();
}
