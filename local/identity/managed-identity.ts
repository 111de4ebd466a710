import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { issueManagedIdentityToken } from './access-token.ts';
import { audienceOf, MANAGED_IDENTITY } from './directory.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { SigningKeys } from './signing-keys.ts';

const API_VERSION = '2019-08-01';

/**
 * Answers `GET /msi/token?api-version=2019-08-01&resource=...[&client_id=]` as App Service does for its apps: the header
 * `X-IDENTITY-HEADER` proves that the request comes from the app and not from something that the app was made to fetch.
 */
export const answerManagedIdentityRequest = async (
  keys: SigningKeys,
  identityHeader: string,
  query: URLSearchParams,
  request: IncomingMessage,
  nowMs: number,
): Promise<HttpAnswer> => {
  const offered = request.headers['x-identity-header'];
  if (typeof offered !== 'string' || !isSame(offered, identityHeader)) {
    return refuse(401, 'the header X-IDENTITY-HEADER is missing or wrong');
  }
  if (query.get('api-version') !== API_VERSION) {
    return refuse(400, `api-version must be ${API_VERSION}`);
  }
  const resource = query.get('resource') ?? '';
  const audience = audienceOf(resource);
  if (audience === undefined) {
    return refuse(400, `the resource "${resource}" is not in the directory`);
  }
  const clientId = query.get('client_id') ?? undefined;
  const { token, expiresAt } = await issueManagedIdentityToken(keys, audience, clientId, nowMs);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      access_token: token,
      expires_on: `${expiresAt}`,
      resource,
      token_type: 'Bearer',
      client_id: clientId ?? MANAGED_IDENTITY.clientId,
    },
  };
};

const isSame = (offered: string, expected: string): boolean => {
  const [one, other] = [Buffer.from(offered), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
};

const refuse = (status: number, message: string): HttpAnswer => ({ status, body: { statusCode: status, message } });
