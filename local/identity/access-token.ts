import { createHash, randomBytes } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { API_AUDIENCE, DASHBOARD_CLIENT_ID, HOME_TENANT_ID, ISSUER, MANAGED_IDENTITY } from './directory.ts';
import type { SigningKeys } from './signing-keys.ts';

/** A user's token; times are seconds. */
export interface UserTokenRequest {
  readonly tenant: string;
  readonly role: string;
  /** Who it is, such as an e-mail name; the role unless given. */
  readonly subject?: string;
  /** 3600 unless given; a negative number makes a token that has expired. */
  readonly expiresInSeconds?: number;
  /** The product's API unless given. */
  readonly audience?: string;
  /** The application that acts for the user; the dashboard unless given. */
  readonly clientId?: string;
  /** What the application may do there for the user (`scp`); `access_as_user` unless given. */
  readonly permissions?: readonly string[];
}

/** Tells an application who has signed in to it. */
export interface IdTokenRequest {
  readonly tenant: string;
  readonly role: string;
  readonly subject: string;
  readonly clientId: string;
  /** As the application gave it, against replays. */
  readonly nonce?: string;
}

/** An application's token, for itself. */
export interface ApplicationTokenRequest {
  readonly tenant: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly roles: readonly string[];
  readonly audience: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** Signs a user's token with the claims that Entra puts into one (version 2.0). */
export const issueUserToken = (keys: SigningKeys, request: UserTokenRequest, nowMs: number): Promise<IssuedToken> =>
  sign(keys, nowMs, request.expiresInSeconds ?? HOUR_SECONDS, {
    ...describePerson(request),
    aud: request.audience ?? API_AUDIENCE,
    scp: (request.permissions ?? ['access_as_user']).join(' '),
    azp: request.clientId ?? DASHBOARD_CLIENT_ID,
  });

/** Signs an id token: for the application, not for any API. */
export const issueIdToken = (keys: SigningKeys, request: IdTokenRequest, nowMs: number): Promise<IssuedToken> =>
  sign(keys, nowMs, HOUR_SECONDS, {
    ...describePerson(request),
    aud: request.clientId,
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
  });

const describePerson = ({
  tenant,
  role,
  subject = role,
}: Pick<UserTokenRequest, 'tenant' | 'role' | 'subject'>): JWTPayload => {
  if (tenant === '' || role === '' || subject === '') {
    throw new RangeError('a token needs a tenant, a role and a subject');
  }
  return {
    tid: tenant,
    oid: objectIdOf(tenant, subject),
    sub: digest('pairwise', tenant, subject).toString('base64url'),
    name: subject,
    preferred_username: subject.includes('@') ? subject : `${subject}@${tenant}.castiel.local`,
    roles: [role],
  };
};

export const issueApplicationToken = (
  keys: SigningKeys,
  request: ApplicationTokenRequest,
  nowMs: number,
  expiresInSeconds: number = HOUR_SECONDS,
): Promise<IssuedToken> =>
  sign(keys, nowMs, expiresInSeconds, {
    aud: request.audience,
    tid: request.tenant,
    oid: request.objectId,
    sub: request.objectId,
    azp: request.clientId,
    appid: request.clientId,
    idtyp: 'app',
    ...(request.roles.length === 0 ? {} : { roles: request.roles }),
  });

/** Managed identities' tokens live a day, as in Azure. */
export const issueManagedIdentityToken = (
  keys: SigningKeys,
  audience: string,
  clientId: string | undefined,
  nowMs: number,
): Promise<IssuedToken> =>
  issueApplicationToken(
    keys,
    {
      tenant: HOME_TENANT_ID,
      clientId: clientId ?? MANAGED_IDENTITY.clientId,
      objectId: clientId === undefined ? MANAGED_IDENTITY.objectId : objectIdOf(HOME_TENANT_ID, clientId),
      roles: [],
      audience,
    },
    nowMs,
    DAY_SECONDS,
  );

/** The same person or application has the same object id in every run: a UUID made of a digest. */
export const objectIdOf = (tenant: string, subject: string): string => {
  const hex = digest('object', tenant, subject).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const digest = (...parts: readonly string[]): Buffer => createHash('sha256').update(JSON.stringify(parts)).digest();

/** An expired token was issued an hour before it expired. */
const sign = async (
  keys: SigningKeys,
  nowMs: number,
  expiresInSeconds: number,
  claims: JWTPayload,
): Promise<IssuedToken> => {
  const now = Math.floor(nowMs / 1000);
  const expiresAt = now + expiresInSeconds;
  const issuedAt = expiresAt > now ? now : expiresAt - HOUR_SECONDS;
  const { kid, key } = await keys.current();
  const token = await new SignJWT({
    ...claims,
    iss: ISSUER,
    iat: issuedAt,
    nbf: issuedAt,
    exp: expiresAt,
    uti: randomBytes(16).toString('base64url'),
    ver: '2.0',
  })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
    .sign(key);
  return { token, expiresInSeconds, expiresAt };
};
