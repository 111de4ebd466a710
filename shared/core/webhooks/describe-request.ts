import ipaddr from 'ipaddr.js';
import { isJsonObject } from '../json.ts';
import type { LiveSecret, WebhookRequest, WebhookVerification } from './evidence.ts';
import type { Payload } from './read-payload.ts';
import type { Refusal } from './refusal-record.ts';
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
  secrets: readonly LiveSecret[],
): Record<string, string> {
  const proof = 'header' in verification ? verification.header : undefined;
  const shown: Record<string, string> = {};
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (/^(?:connection|keep-alive|transfer-encoding|host|content-length|x-functions-key|__proto__)$/.test(name))
      continue;
    if (Object.keys(shown).length === mostHeaders) break;
    const isSecret = telling.test(name) || name === proof || holdsOne(secrets, value);
    shown[name] = isSecret ? mask : value.slice(0, longestValue).toWellFormed();
  }
  return shown;
}

/** Front ends repeat the URL in headers of their own, and with it the secret that it may hold. */
function holdsOne(secrets: readonly LiveSecret[], text: string): boolean {
  const decoded = text.includes('%') ? decode(text) : text;
  return secrets.some(({ value }) => text.includes(value) || decoded.includes(value));
}

function decode(text: string): string {
  return text.replace(/%[2-7][0-9a-f]/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/** A request's query as it may be kept. */
export function shownQuery(
  verification: WebhookVerification,
  search: string,
  secrets: readonly LiveSecret[],
): string | undefined {
  if (search === '') return undefined;
  const secret = verification.kind === 'salesforce-outbound-message' ? salesforceSecretParameter : undefined;
  const parts = search.split('&').map((part) => {
    const [name = ''] = part.split('=', 1);
    return telling.test(name) || name === secret || holdsOne(secrets, part) ? `${name}=${mask}` : part;
  });
  return parts.join('&').slice(0, longestQuery).toWellFormed();
}

const mostNames = 40;
const longestName = 64;

/** What may be kept of a request that was refused: no value that it gave. */
export function describeRefusal(
  { method, body, sourceAddress }: WebhookRequest,
  headers: Iterable<readonly [string, string]>,
  at: string,
  reason: string,
): Refusal {
  const names = Array.from(headers, ([name]) => name.toLowerCase().slice(0, longestName)).slice(0, mostNames);
  return {
    ...{ at, reason, method, headers: names, bytes: body.byteLength },
    ...(sourceAddress === undefined || !ipaddr.isValid(sourceAddress) ? {} : { sourceAddress }),
  };
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
  return typeof type === 'string'
    ? type.slice(0, longestValue).toWellFormed().replaceAll('\u0000', '\ufffd')
    : undefined;
}

/** The instant that was signed, as documents hold it; `undefined` where none was, or none that there is. */
export function describeSignedTime(signedAtMs: number | undefined): string | undefined {
  return signedAtMs === undefined ? undefined : new Date(signedAtMs).toISOString();
}
