import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { tenantId as tenantIdSchema } from '../contracts/identifiers.ts';
import { type Role, roles } from '../contracts/route.ts';
import { AppError } from '../core/app-error.ts';
import type { TokenVerifier, VerifiedToken } from '../core/ports.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { once } from './once.ts';

export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Absent: read from the issuer's OpenID configuration. */
  readonly jwksUri?: string;
  /** The claim that names the tenant. */
  readonly tenantClaim: string;
}

const clockToleranceSeconds = 30;
const keysTimeoutMs = 5000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** What the token itself is to blame for. Everything else means that the keys could not be had. */
const tokenErrors = [
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

const cachedTokens = 1000;
const cachedForMs = 60_000;

/**
 * Sign-in tokens (JWT, RS256 only) of one issuer for one audience. The signing keys are cached by `jose` and read again when an
 * unknown key id appears. What a token says is remembered for a minute, never beyond its expiry: checking its signature would be a tenth of a
 * short request.
 */
export function createTokenVerifier(settings: TokenSettings, nowMs: () => number = Date.now): TokenVerifier {
  const keys = once(() => findKeys(settings));
  const known = new ExpiringCache<VerifiedToken>(cachedTokens, nowMs);
  return {
    async verify(token) {
      const remembered = known.get(token);
      if (remembered !== undefined) return remembered;
      const payload = await verifiedPayload(token, keys, settings);
      const verified = payload === undefined ? undefined : readClaims(payload, settings.tenantClaim);
      if (verified !== undefined)
        known.set(token, verified, Math.min(nowMs() + cachedForMs, (payload?.exp ?? 0) * 1000));
      return verified;
    },
  };
}

async function verifiedPayload(
  token: string,
  keys: () => Promise<JWTVerifyGetKey>,
  settings: TokenSettings,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, await keys(), {
      algorithms: ['RS256'],
      issuer: settings.issuer,
      audience: settings.audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub', settings.tenantClaim],
    });
    return payload;
  } catch (error) {
    if (tokenErrors.some((kind) => error instanceof kind)) return undefined;
    throw new AppError('unavailable', { detail: 'Sign-in cannot be checked right now.', cause: error });
  }
}

async function findKeys(settings: TokenSettings): Promise<JWTVerifyGetKey> {
  const uri = settings.jwksUri ?? (await discoverKeys(settings.issuer));
  return createRemoteJWKSet(new URL(uri), { timeoutDuration: keysTimeoutMs });
}

async function discoverKeys(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(keysTimeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const document = discovery.parse(await response.json());
  if (document.issuer !== issuer) throw new Error(`${url} describes another issuer`);
  return document.jwks_uri;
}

function readClaims(payload: JWTPayload, tenantClaim: string): VerifiedToken | undefined {
  const tenant = tenantIdSchema.safeParse(payload[tenantClaim]);
  const role = highestRole(payload['roles']);
  if (!tenant.success || role === undefined || typeof payload.sub !== 'string' || payload.sub === '') return undefined;
  return { tenantId: tenant.data, subject: payload.sub, role };
}

function highestRole(claim: unknown): Role | undefined {
  return Array.isArray(claim) ? roles.findLast((role) => claim.includes(role)) : undefined;
}
