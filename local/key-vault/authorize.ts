import { errors, type JWTPayload } from 'jose';
import { createVerify, type TokenSource } from '../identity/verify-token.ts';
import { VaultError } from './vault-error.ts';

export interface AuthorizeOptions extends TokenSource {
  readonly audience: string;
  /** The tenant that the challenge sends clients to. */
  readonly tenantId: string;
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
