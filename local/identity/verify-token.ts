import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';

/** Whose tokens count. */
export interface TokenSource {
  readonly issuer: string;
  /** Where the issuer's keys are; without it, signatures are not checked, only issuer, audience and times. */
  readonly jwksUri: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Makes the check of a token's signature, issuer and times; whom it is for is the caller's to check. It rejects with a `JOSEError`. */
export const createVerify = ({ issuer, jwksUri, now }: TokenSource): ((token: string) => Promise<JWTPayload>) => {
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
