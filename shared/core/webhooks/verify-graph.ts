import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import {
  type Evidence,
  refuse,
  type TokenQuestion,
  type Verdict,
  type WebhookRequest,
  type WebhookVerification,
} from './evidence.ts';
import { readPayload } from './read-payload.ts';
import { findFitting, sameText } from './secret-match.ts';

type GraphVerification = Extract<WebhookVerification, { kind: 'microsoft-graph' }>;

/** The application of Microsoft Graph's change tracking: who signs its tokens. */
const publisherId = '0bf30f3b-4a52-48df-9a82-234910c4a086';
const mostTokens = 100;
/** Who issues tokens of the first version in a cloud; those of the second are the login host's. */
const firstIssuers: Readonly<Record<GraphVerification['loginHost'], string>> = {
  'login.microsoftonline.com': 'sts.windows.net',
  'login.microsoftonline.us': 'sts.windows.net',
  'login.partner.microsoftonline.cn': 'sts.chinacloudapi.cn',
};

/**
 * The tokens that come with notifications that carry data; without an application of ours none can be for us. Who does not know the client state makes us
 * verify none.
 */
export function questionsOfGraph(
  { applicationId, loginHost }: GraphVerification,
  { request, secrets }: Pick<Evidence, 'request' | 'secrets'>,
): TokenQuestion[] {
  if (applicationId === undefined) return [];
  const { validationTokens: tokens, value } = readBody(request) ?? {};
  if (!Array.isArray(tokens) || !Array.isArray(value)) return [];
  if (!value.some((item) => judgeItem(item, { secrets }).fits !== undefined)) return [];
  const jwksUrl = `https://${loginHost}/common/discovery/v2.0/keys`;
  return tokens
    .slice(0, mostTokens)
    .filter((token) => typeof token === 'string')
    .map((token) => ({ token, jwksUrl, audience: applicationId, algorithms: ['RS256'] }));
}

/**
 * Microsoft Graph signs nothing: each notification shows the `clientState` of its subscription, and those with data come with tokens. A
 * notification with another state is dropped, the others hold. The state and the tokens are not kept.
 */
export function verifyGraph(verification: GraphVerification, evidence: Evidence): Verdict {
  const body = readBody(evidence.request);
  const items = body?.['value'];
  if (body === undefined || !Array.isArray(items)) return refuse('the body holds no notifications');
  const refusal = judgeTokens(verification, body, evidence);
  if (refusal !== undefined) return refuse(refusal);
  let secret: ReturnType<typeof findFitting>;
  const kept: JsonObject[] = [];
  for (const item of items) {
    const { fits, shown } = judgeItem(item, evidence);
    secret ??= fits;
    if (fits !== undefined && shown !== undefined) kept.push(shown);
  }
  if (kept.length === 0) return refuse('no notification shows the client state');
  const dropped = items.length - kept.length;
  return {
    verified: true,
    detail: dropped === 0 ? 'client state' : `client state; ${dropped} of ${items.length} notifications dropped`,
    secret,
    keep: Buffer.from(JSON.stringify({ value: kept })),
    eventId: eventIdOf(kept),
  };
}

function judgeItem(
  item: Json,
  { secrets }: Pick<Evidence, 'secrets'>,
): { readonly fits: ReturnType<typeof findFitting>; readonly shown: JsonObject | undefined } {
  const { clientState, ...shown } = isJsonObject(item) ? item : {};
  const given = typeof clientState === 'string' ? clientState : undefined;
  const fits = findFitting(secrets, (value) => sameText(value, given ?? ''));
  return given === undefined ? { fits: undefined, shown: undefined } : { fits, shown: shown as JsonObject };
}

/** Notifications with data need tokens, and tokens need to be all right, each of them. Says what is wrong. */
function judgeTokens(verification: GraphVerification, body: JsonObject, { claims }: Evidence): string | undefined {
  const tokens = body['validationTokens'];
  if (tokens === undefined) return carriesData(body) ? 'notifications with data came without tokens' : undefined;
  if (verification.applicationId === undefined) return 'there are tokens, but no application is set';
  if (!Array.isArray(tokens) || tokens.length === 0 || tokens.length > mostTokens) return 'the tokens cannot be read';
  return tokens
    .map((token) => judgeClaims(verification, typeof token === 'string' ? claims.get(token) : undefined))
    .find((refusal) => refusal !== undefined);
}

function judgeClaims(
  { directoryId, loginHost }: GraphVerification,
  claims: JsonObject | undefined,
): string | undefined {
  if (claims === undefined) return 'a token does not verify';
  const { iss, tid: directory } = claims;
  const issuers = [`https://${firstIssuers[loginHost]}/${directory}/`, `https://${loginHost}/${directory}/v2.0`];
  if (typeof directory !== 'string' || !issuers.some((issuer) => issuer === iss)) return 'a token is of another issuer';
  if (directoryId !== undefined && directory !== directoryId) return 'a token is of another directory';
  return (claims['appid'] ?? claims['azp']) === publisherId ? undefined : 'a token is not of Microsoft Graph';
}

function carriesData({ value }: JsonObject): boolean {
  return Array.isArray(value) && value.some((item) => isJsonObject(item) && 'encryptedContent' in item);
}

/** Notifications have an id only sometimes. The same text without one stands for another change each time. */
function eventIdOf(items: readonly JsonObject[]): string | undefined {
  const ids = items.map((item) => item['id']);
  return ids.every((id) => typeof id === 'string' && id !== '') ? ids.toSorted().join(',') : undefined;
}

function readBody(request: WebhookRequest): JsonObject | undefined {
  const payload = readPayload('application/json', request.body);
  return payload.kind === 'json' && isJsonObject(payload.value) ? payload.value : undefined;
}
