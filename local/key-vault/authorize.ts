import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { VaultError } from './vault-error.ts';

export interface AuthorizeOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are; without it, signatures are not checked, only issuer, audience and times. */
  readonly jwksUri: string | undefined;
  /** The tenant that the challenge sends clients to. */
  readonly tenantId: string;
  readonly now: () => number;
}

/**
 * Makes the check of `Authorization: Bearer`. It throws a 401 with the challenge that the SDK waits for: a client's first
 * request comes without a token and, for that reason, without its body.
 */
export const createAuthorize = (options: AuthorizeOptions): ((header: string | undefined) => Promise<void>) => {
  const challenge = `Bearer authorization="https://login.microsoftonline.com/${options.tenantId}", resource="${options.audience}"`;
  const refuse = (message: string): VaultError =>
    new VaultError(401, 'Unauthorized', message, { headers: { 'www-authenticate': challenge } });
  const verify = createVerify(options);
  return async (header) => {
    const [scheme = '', token = ''] = (header ?? '').split(' ');
    if (scheme.toLowerCase() !== 'bearer' || token === '') {
      throw refuse('AKV10000: Request is missing a Bearer or PoP token.');
    }
    let claims: JWTPayload;
    try {
      claims = await verify(token);
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
        throw refuse(`AKV10001: The token is not valid: ${error.message}.`);
      }
      throw error;
    }
    const { aud } = claims;
    if (aud !== options.audience && aud !== `${options.audience}/`) {
      throw refuse(`AKV10022: Invalid audience. Expected ${options.audience}, found: ${String(aud)}.`);
    }
  };
};

const createVerify = ({ issuer, jwksUri, now }: AuthorizeOptions): ((token: string) => Promise<JWTPayload>) => {
  if (jwksUri === undefined) {
    return async (token) => {
      const claims = decodeJwt(token);
      const nowSeconds = now() / 1000;
      if (claims.iss !== issuer) {
        throw new errors.JWTClaimValidationFailed('unexpected "iss" claim value', claims, 'iss', 'check_failed');
      }
      if (!(claims.exp !== undefined && claims.exp > nowSeconds && (claims.nbf ?? 0) <= nowSeconds)) {
        throw new errors.JWTExpired('it has expired or is not valid yet', claims, 'exp', 'check_failed');
      }
      return claims;
    };
  }
  // Keys are asked for again soon when a token names one that is not known: it may just have been made.
  const keys = createRemoteJWKSet(new URL(jwksUri), { cooldownDuration: 1_000 });
  return async (token) =>
    (
      await jwtVerify(token, keys, {
        issuer,
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'aud'],
        currentDate: new Date(now()),
      })
    ).payload;
};
