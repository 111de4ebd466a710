import type { IncomingMessage } from 'node:http';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { ISSUER, USERINFO_AUDIENCE } from '../directory.ts';
import type { HttpAnswer } from '../http-answer.ts';
import type { SigningKeys } from '../signing-keys.ts';

/** Answers `/oidc/userinfo` for an access token that was asked for without a resource, as Microsoft Graph does. */
export const answerUserinfo = async (
  keys: SigningKeys,
  request: IncomingMessage,
  nowMs: number,
): Promise<HttpAnswer> => {
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
  const published = createLocalJWKSet({ keys: [...(await keys.published())] });
  try {
    const { payload } = await jwtVerify(scheme.toLowerCase() === 'bearer' ? token : '', published, {
      issuer: ISSUER,
      audience: USERINFO_AUDIENCE,
      algorithms: ['RS256'],
      currentDate: new Date(nowMs),
    });
    const { sub, name, preferred_username: address } = payload;
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { sub, name, email: address } };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) {
      throw error;
    }
    return {
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { error: { code: 'InvalidAuthenticationToken', message: error.message } },
    };
  }
};
