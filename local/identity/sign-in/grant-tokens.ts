import { createHash, timingSafeEqual } from 'node:crypto';
import { issueIdToken, issueUserToken } from '../access-token.ts';
import { fixedTenant } from '../directory.ts';
import { Refusal } from '../refusal.ts';
import type { SigningKeys } from '../signing-keys.ts';
import type { AuthorizationCodes, CodeGrant } from './authorization-codes.ts';
import type { Person } from './person.ts';
import type { PublicClient } from './public-client.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { readScope, type Scope } from './scope.ts';

export interface SignInParts {
  readonly keys: SigningKeys;
  readonly publicClients: readonly PublicClient[];
  readonly codes: AuthorizationCodes;
  readonly refreshTokens: RefreshTokens;
}

export interface GrantRequest {
  /** As the path names it. */
  readonly tenant: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly form: URLSearchParams;
}

type TokenAnswer = Readonly<Record<string, unknown>>;

/**
 * Redeems a code (grant `authorization_code`) for the client that asked for it, at the address that it was sent to, with
 * the verifier of its challenge. A code that comes twice ends the sign-in that it began. @throws Refusal
 */
export const grantForCode = async (parts: SignInParts, request: GrantRequest, nowMs: number): Promise<TokenAnswer> => {
  const client = findClient(parts, request);
  const code = need(request.form, 'code');
  const redirectUri = need(request.form, 'redirect_uri');
  const verifier = need(request.form, 'code_verifier');
  const grant = takeCode(parts, code, nowMs);
  if (grant.clientId !== client.clientId) {
    throw new Refusal('invalid_grant', 700005, 'the code was issued to another application');
  }
  if (grant.redirectUri !== redirectUri) {
    throw new Refusal('invalid_grant', 500112, 'the redirect_uri is not the one that the code was asked for with');
  }
  if (!isVerifierOf(grant.codeChallenge, verifier)) {
    throw new Refusal('invalid_grant', 501481, 'the code_verifier does not match the code_challenge');
  }
  const tenant = fixedTenant(request.tenant);
  if (tenant !== undefined && tenant !== grant.person.tenant) {
    throw new Refusal('invalid_grant', 700005, 'the sign-in was to another tenant');
  }
  const scope = narrow(grant.scope, request.form.get('scope'));
  const { signInId: id, person, nonce } = grant;
  const refresh = scope.isOffline
    ? parts.refreshTokens.begin({ id, clientId: client.clientId, person, scope: scope.asked }, nowMs)
    : undefined;
  return answerTokens(parts.keys, { clientId: client.clientId, person, scope, nonce, refresh }, nowMs);
};

/** Answers fresh tokens, also for another resource if one is asked for, and the next refresh token. @throws Refusal */
export const grantForRefreshToken = async (
  parts: SignInParts,
  request: GrantRequest,
  nowMs: number,
): Promise<TokenAnswer> => {
  const { clientId } = findClient(parts, request);
  const token = need(request.form, 'refresh_token');
  const asked = request.form.get('scope');
  const askedScope = asked === null ? undefined : readScope(asked);
  const rotated = parts.refreshTokens.rotate(token, { clientId, tenant: fixedTenant(request.tenant) }, nowMs);
  switch (rotated.kind) {
    case 'unknown':
      throw new Refusal('invalid_grant', 9002313, 'the refresh token is not one of this application and tenant');
    case 'expired':
      throw new Refusal('invalid_grant', 700084, 'the refresh token has expired: a sign-in lasts 24 hours');
    case 'reused':
      throw new Refusal('invalid_grant', 70000, 'the refresh token was used before; the sign-in has ended');
    default: {
      const { person, scope } = rotated.signIn;
      const tokens = { clientId, person, scope: askedScope ?? readScope(scope), nonce: undefined, refresh: rotated };
      return answerTokens(parts.keys, tokens, nowMs);
    }
  }
};

const findClient = ({ publicClients }: SignInParts, { clientId, clientSecret }: GrantRequest): PublicClient => {
  const client = publicClients.find((one) => one.clientId === clientId);
  if (client === undefined) {
    throw new Refusal('unauthorized_client', 700016, `no application "${clientId}" that people sign in to`);
  }
  if (clientSecret !== undefined) {
    throw new Refusal('invalid_client', 700025, 'the application is public and has no client_secret', 401);
  }
  return client;
};

const need = (form: URLSearchParams, name: string): string => {
  const value = form.get(name) ?? '';
  if (value === '') {
    throw new Refusal('invalid_request', 900144, `the request must contain the parameter '${name}'`);
  }
  return value;
};

const takeCode = ({ codes, refreshTokens }: SignInParts, code: string, nowMs: number): CodeGrant => {
  const taken = codes.take(code, nowMs);
  switch (taken.kind) {
    case 'unknown':
      throw new Refusal('invalid_grant', 9002313, 'the code is not one that was issued here');
    case 'expired':
      throw new Refusal('invalid_grant', 70008, 'the code has expired');
    case 'taken':
      refreshTokens.end(taken.signInId);
      throw new Refusal('invalid_grant', 54005, 'the code was redeemed before; the sign-in has ended');
    default:
      return taken.grant;
  }
};

/** RFC 7636: 43 to 128 unreserved characters; compared as digests, of one length. */
const isVerifierOf = (challenge: string, verifier: string): boolean => {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) {
    return false;
  }
  const [offered, expected] = [createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url')];
  return offered.length === expected.length && timingSafeEqual(offered, expected);
};

/** With the code, an application may ask for less than it was granted, not for more. */
const narrow = (granted: Scope, asked: string | null): Scope => {
  const scope = asked === null ? granted : readScope(asked);
  if (
    (scope.isOpenId && !granted.isOpenId) ||
    (scope.isOffline && !granted.isOffline) ||
    (scope.hasResource && scope.audience !== granted.audience)
  ) {
    throw new Refusal('invalid_scope', 70011, 'the scope is more than the code was asked for with');
  }
  return scope;
};

interface GrantedTokens {
  readonly clientId: string;
  readonly person: Person;
  readonly scope: Scope;
  readonly nonce: string | undefined;
  readonly refresh: { readonly token: string; readonly expiresInSeconds: number } | undefined;
}

const answerTokens = async (
  keys: SigningKeys,
  { clientId, person, scope, nonce, refresh }: GrantedTokens,
  nowMs: number,
): Promise<TokenAnswer> => {
  const { audience, permissions } = scope;
  const access = await issueUserToken(keys, { ...person, clientId, audience, permissions }, nowMs);
  const idRequest = { ...person, clientId, ...(nonce === undefined ? {} : { nonce }) };
  return {
    token_type: 'Bearer',
    scope: scope.granted,
    expires_in: access.expiresInSeconds,
    ext_expires_in: access.expiresInSeconds,
    access_token: access.token,
    ...(refresh === undefined
      ? {}
      : { refresh_token: refresh.token, refresh_token_expires_in: refresh.expiresInSeconds }),
    ...(scope.isOpenId ? { id_token: (await issueIdToken(keys, idRequest, nowMs)).token } : {}),
  };
};
