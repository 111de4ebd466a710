import type { IncomingMessage } from 'node:http';
import { grantClientCredentials } from './client-credentials.ts';
import { type HttpAnswer, readForm } from './http-answer.ts';
import { answerRefusal, Refusal } from './refusal.ts';
import type { RegisteredClient } from './registered-client.ts';
import { type GrantRequest, grantForCode, grantForRefreshToken, type SignInParts } from './sign-in/grant-tokens.ts';

export interface TokenEndpointParts extends SignInParts {
  readonly clients: readonly RegisteredClient[];
}

/** Answers `POST /{tenant}/oauth2/v2.0/token`, refusals with Entra's error codes. */
export const answerTokenRequest = async (
  parts: TokenEndpointParts,
  tenant: string | undefined,
  request: IncomingMessage,
  nowMs: number,
): Promise<HttpAnswer> => {
  try {
    const body = await grant(parts, tenant, request, nowMs);
    return { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' }, body };
  } catch (error) {
    if (error instanceof Refusal) {
      return answerRefusal(error, nowMs);
    }
    throw error;
  }
};

const grant = async (
  parts: TokenEndpointParts,
  tenant: string | undefined,
  request: IncomingMessage,
  nowMs: number,
): Promise<unknown> => {
  const form = await readForm(request);
  if (form === undefined) {
    throw new Refusal('invalid_request', 900144, 'the body must be a form of at most 64 KB');
  }
  const repeated = [...form.keys()].find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) {
    throw new Refusal('invalid_request', 9000411, `the parameter "${repeated}" is there more than once`);
  }
  const grantRequest: GrantRequest = { tenant, form, ...readCredentials(request, form) };
  const grantType = form.get('grant_type');
  switch (grantType) {
    case 'client_credentials':
      return grantClientCredentials(
        parts.keys,
        parts.clients,
        { ...grantRequest, scope: form.get('scope') ?? '' },
        nowMs,
      );
    case 'authorization_code':
      return grantForCode(parts, grantRequest, nowMs);
    case 'refresh_token':
      return grantForRefreshToken(parts, grantRequest, nowMs);
    default:
      throw new Refusal('unsupported_grant_type', 70003, `the grant "${grantType ?? ''}" is not supported`);
  }
};

/** From basic authentication (each part percent-encoded, RFC 6749 section 2.3.1) or from the form. */
const readCredentials = (
  request: IncomingMessage,
  form: URLSearchParams,
): { readonly clientId: string; readonly clientSecret: string | undefined } => {
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'basic') {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const parts = new URLSearchParams(`id=${text.slice(0, colon)}&secret=${text.slice(colon + 1)}`);
    return { clientId: parts.get('id') ?? '', clientSecret: parts.get('secret') ?? '' };
  }
  return { clientId: form.get('client_id') ?? '', clientSecret: form.get('client_secret') ?? undefined };
};
