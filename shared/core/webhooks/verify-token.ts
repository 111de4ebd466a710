import { hash } from 'node:crypto';
import {
  type Evidence,
  refuse,
  type TokenQuestion,
  type Verdict,
  type WebhookRequest,
  type WebhookVerification,
} from './evidence.ts';
import { sameText } from './secret-match.ts';

type TokenVerification = Extract<WebhookVerification, { kind: 'jwt' }>;

const longestToken = 16_384;

/** The token of the request, with or without `Bearer` in front. */
export function questionOfToken(verification: TokenVerification, request: WebhookRequest): TokenQuestion[] {
  const token = tokenOf(verification, request);
  if (token === undefined) return [];
  const { jwksUrl, issuer, audience, algorithms } = verification;
  return [{ token, jwksUrl, issuer, audience, algorithms }];
}

/** A JWT that is signed with one of the sender's published keys. */
export function verifyToken(verification: TokenVerification, { request, claims }: Evidence): Verdict {
  const token = tokenOf(verification, request);
  if (token === undefined) return refuse(`the header ${verification.header} holds no token`);
  const said = claims.get(token);
  if (said === undefined) return refuse('the token does not verify');
  const { bodyHashClaim } = verification;
  if (bodyHashClaim !== undefined) {
    const claimed = said[bodyHashClaim];
    const encodings = (['hex', 'base64', 'base64url'] as const).map((each) => hash('sha256', request.body, each));
    const fits = typeof claimed === 'string' && encodings.some((each) => sameText(each, claimed));
    if (!fits) return refuse(`the claim ${bodyHashClaim} is not the SHA-256 of the body`);
  }
  return { verified: true, detail: 'JWT by published keys' };
}

function tokenOf({ header }: TokenVerification, request: WebhookRequest): string | undefined {
  const value = request.header(header) ?? '';
  const token = /^(?:bearer +)?([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(value)?.[1];
  if (token === undefined || token.length > longestToken) return undefined;
  return token.split('.').every(isOnlySpelling) ? token : undefined;
}

/** Some last characters of base64url have bits that decoding ignores. */
function isOnlySpelling(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
