import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { issueApplicationToken, objectIdOf } from './access-token.ts';
import { audienceOf } from './directory.ts';
import { type HttpAnswer, readForm } from './http-answer.ts';
import { isSecretOf, type RegisteredClient } from './registered-client.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Path parts that stand for "whichever tenant the client is of". */
const ANY_TENANT: ReadonlySet<string> = new Set(['common', 'organizations']);

/** Answers `POST /{tenant}/oauth2/v2.0/token` for the grant `client_credentials`, with Entra's error codes. */
export const answerTokenRequest = async (
  keys: SigningKeys,
  clients: readonly RegisteredClient[],
  tenant: string | undefined,
  request: IncomingMessage,
  nowMs: number,
): Promise<HttpAnswer> => {
  const form = await readForm(request);
  if (form === undefined) {
    return refuse(400, 'invalid_request', 900144, 'the body must be a form of at most 64 KB', nowMs);
  }
  const grantType = form.get('grant_type');
  if (grantType !== 'client_credentials') {
    return refuse(400, 'unsupported_grant_type', 70003, `the grant "${grantType ?? ''}" is not supported`, nowMs);
  }
  const { clientId, clientSecret } = readCredentials(request, form);
  const client = clients.find((one) => one.clientId === clientId);
  if (client === undefined || !(tenant === undefined || ANY_TENANT.has(tenant) || tenant === client.tenant)) {
    return refuse(400, 'unauthorized_client', 700016, `no application "${clientId}" in the directory`, nowMs);
  }
  if (!isSecretOf(client, clientSecret)) {
    return refuse(401, 'invalid_client', 7000215, 'invalid client secret provided', nowMs);
  }
  const scope = form.get('scope') ?? '';
  if (!scope.endsWith('/.default')) {
    return refuse(400, 'invalid_scope', 1002012, `the scope "${scope}" must end in /.default`, nowMs);
  }
  const audience = audienceOf(scope.slice(0, -'/.default'.length));
  if (audience === undefined) {
    return refuse(400, 'invalid_resource', 500011, `the resource of "${scope}" is not in the directory`, nowMs);
  }
  const objectId = objectIdOf(client.tenant, client.clientId);
  const issued = await issueApplicationToken(keys, { ...client, objectId, audience }, nowMs);
  const { token, expiresInSeconds } = issued;
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      ext_expires_in: expiresInSeconds,
      access_token: token,
    },
  };
};

/** From basic authentication (each part percent-encoded, RFC 6749 section 2.3.1) or from the form. */
const readCredentials = (
  request: IncomingMessage,
  form: URLSearchParams,
): { readonly clientId: string; readonly clientSecret: string } => {
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'basic') {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const parts = new URLSearchParams(`id=${text.slice(0, colon)}&secret=${text.slice(colon + 1)}`);
    return { clientId: parts.get('id') ?? '', clientSecret: parts.get('secret') ?? '' };
  }
  return { clientId: form.get('client_id') ?? '', clientSecret: form.get('client_secret') ?? '' };
};

const refuse = (status: number, error: string, code: number, reason: string, nowMs: number): HttpAnswer => ({
  status,
  headers: { 'cache-control': 'no-store' },
  body: {
    error,
    error_description: `AADSTS${code}: ${reason}`,
    error_codes: [code],
    timestamp: new Date(nowMs).toISOString(),
    trace_id: randomUUID(),
    correlation_id: randomUUID(),
  },
});
