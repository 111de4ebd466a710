import { errors } from 'jose';
import { ISSUER } from '../../identity/directory.ts';
import { createVerify } from '../../identity/verify-token.ts';
import { CosmosError } from '../errors.ts';

/** For every account, as an alternative to the account's own endpoint. */
const COSMOS_AUDIENCE = 'https://cosmos.azure.com';
const PREFIX = 'type=aad&ver=1.0&sig=';
const MAX_KNOWN_TOKENS = 100;

/** The Entra token of an `authorization` header, or undefined when it holds something else. */
function tokenIn(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const text = authorization.startsWith('type%3') ? decodeURIComponent(authorization) : authorization;
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined;
}

/** A request with, perhaps, a token. */
interface Request {
  readonly method: string;
  /** Decoded segments of the path. */
  readonly segments: readonly string[];
  readonly authorization: string | undefined;
}

/** Resolves whether the request has a token that lets it through; rejects with a CosmosError 401 or 403 when its token does not. */
export type TokenAuthorizer = (request: Request) => Promise<boolean>;

/**
 * Makes a check of Entra tokens, for an account at an endpoint. A client repeats a token for an hour, so what was verified
 * once is kept until it expires.
 * @param jwksUri where the issuer's keys are.
 */
export function createTokenAuthorizer(jwksUri: string, endpoint: string): TokenAuthorizer {
  const verify = createVerify({ issuer: ISSUER, jwksUri, now: Date.now });
  const audiences = [COSMOS_AUDIENCE, endpoint, endpoint.replace('127.0.0.1', 'localhost')];
  const expiries = new Map<string, number>();

  const checkToken = async (token: string): Promise<void> => {
    if ((expiries.get(token) ?? 0) > Date.now()) return;
    try {
      const { aud, exp = 0 } = await verify(token);
      if (typeof aud !== 'string' || !audiences.includes(aud.replace(/\/$/, '')))
        throw new CosmosError(401, `The token is for the audience ${JSON.stringify(aud)}, not for ${endpoint}.`);
      if (expiries.size >= MAX_KNOWN_TOKENS) expiries.clear();
      expiries.set(token, exp * 1000);
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
        throw new CosmosError(401, `The Entra token is not valid: ${error.message}.`);
      throw error;
    }
  };
  return async ({ method, segments, authorization }) => {
    const token = tokenIn(authorization);
    if (token === undefined) return false;
    await checkToken(token);
    checkDataPlane(method, segments);
    return true;
  };
}

/**
 * Refuses what a token is never enough for: the data-plane roles cover items and the reading of metadata; databases,
 * containers and throughput are changed with the master key, or through Azure Resource Manager.
 * @throws CosmosError 403 with substatus 5300
 */
function checkDataPlane(method: string, segments: readonly string[]): void {
  const ofItems = segments[0] === 'dbs' && segments[2] === 'colls' && segments.length > 4;
  const readsMetadata = method === 'GET' && (segments.length === 0 || segments[0] === 'dbs');
  if (ofItems || readsMetadata) return;
  throw new CosmosError(
    403,
    `Request blocked by Auth: the given request [${method} /${segments.join('/')}] cannot be authorized by AAD token in data plane.`,
    5300,
  );
}
