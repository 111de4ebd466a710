import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { Agent } from 'undici';
import { AppError } from '../../shared/core/app-error.ts';
import type { JsonObject } from '../../shared/core/json.ts';
import type { WebhookTokens } from '../../shared/core/ports.ts';
import { guardConnect, guardLookup } from './guarded-connect.ts';

const clockToleranceSeconds = 30;
const keysTimeoutMs = 5000;
const mostKeySets = 200;
const largestKeySet = 1_048_576;

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

/**
 * Tokens of senders, verified with the keys at a URL that a tenant named: it is reached at public addresses only and not followed elsewhere. Keys
 * are remembered by URL and read again when an unknown one appears. A token has to end.
 */
export function createWebhookTokens({ allowPrivateAddresses }: { allowPrivateAddresses: boolean }): WebhookTokens {
  const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();
  let agent: Promise<Agent> | undefined;
  const ask = async (input: string, init: object) => {
    const { fetch } = await import('undici');
    agent ??= createAgent(allowPrivateAddresses);
    return fetch(input, { ...init, redirect: 'error', dispatcher: await agent });
  };
  const keysAt = (url: string) => {
    const known = keySets.get(url);
    if (known !== undefined) return known;
    const keys = createRemoteJWKSet(new URL(url), {
      timeoutDuration: keysTimeoutMs,
      [customFetch]: ask as unknown as typeof globalThis.fetch,
    });
    keySets.set(url, keys);
    const oldest = keySets.size > mostKeySets ? keySets.keys().next().value : undefined;
    if (oldest !== undefined) keySets.delete(oldest);
    return keys;
  };
  return {
    async verify({ token, jwksUrl, issuer, audience, algorithms }) {
      try {
        const { payload } = await jwtVerify(token, keysAt(jwksUrl), {
          algorithms: [...algorithms],
          audience,
          ...(issuer === undefined ? {} : { issuer }),
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['exp'],
        });
        return payload as JsonObject;
      } catch (cause) {
        if (tokenErrors.some((kind) => cause instanceof kind)) return undefined;
        throw new AppError('unavailable', { detail: "The sender's keys cannot be had at the moment.", cause });
      }
    },
  };
}

/** The HTTP client is loaded when somebody's keys are first needed. */
async function createAgent(allowPrivateAddresses: boolean): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici');
  const connect = buildConnector({ lookup: guardLookup(allowPrivateAddresses) });
  return new Agent({ connect: guardConnect(connect, allowPrivateAddresses), maxResponseSize: largestKeySet });
}
