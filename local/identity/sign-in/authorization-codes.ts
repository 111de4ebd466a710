import { randomBytes } from 'node:crypto';
import type { Person } from './person.ts';
import type { Scope } from './scope.ts';

/** What a code stands for; whoever redeems it has to show the same client, address and the verifier of the challenge. */
export interface CodeGrant {
  readonly clientId: string;
  /** As the application wrote it. */
  readonly redirectUri: string;
  /** SHA-256 of the verifier, in base64url. */
  readonly codeChallenge: string;
  readonly nonce: string | undefined;
  readonly scope: Scope;
  readonly person: Person;
  /** The sign-in that ends if the code is shown twice. */
  readonly signInId: string;
}

export type TakenCode =
  | { readonly kind: 'grant'; readonly grant: CodeGrant }
  /** It was taken before: somebody else may hold it. */
  | { readonly kind: 'taken'; readonly signInId: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' };

/** Codes that are good once and for a minute. They end with the process. */
export interface AuthorizationCodes {
  issue(grant: CodeGrant, nowMs: number): string;
  /** The first one to ask gets the grant, also if what it shows turns out to be wrong. */
  take(code: string, nowMs: number): TakenCode;
}

const CODE_LIVES_MS = 60_000;
/** How long a code is remembered, so that a second use of it is noticed. */
const REMEMBERED_MS = 3_600_000;

export const createAuthorizationCodes = (): AuthorizationCodes => {
  const codes = new Map<string, { readonly grant: CodeGrant; readonly issuedAtMs: number; isTaken: boolean }>();
  return {
    issue: (grant, nowMs) => {
      for (const [code, { issuedAtMs }] of codes) {
        if (issuedAtMs > nowMs - REMEMBERED_MS) {
          break;
        }
        codes.delete(code);
      }
      const code = randomBytes(32).toString('base64url');
      codes.set(code, { grant, issuedAtMs: nowMs, isTaken: false });
      return code;
    },
    take: (code, nowMs) => {
      const found = codes.get(code);
      if (found === undefined) {
        return { kind: 'unknown' };
      }
      if (found.isTaken) {
        return { kind: 'taken', signInId: found.grant.signInId };
      }
      found.isTaken = true;
      return nowMs >= found.issuedAtMs + CODE_LIVES_MS ? { kind: 'expired' } : { kind: 'grant', grant: found.grant };
    },
  };
};
