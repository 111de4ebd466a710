import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Guards the form against being submitted by anyone but the person who was shown it: its token is bound to the browser,
 * by a cookie that other sites cannot set or send along, and to the request that the form answers.
 */
export interface FormGuard {
  /** The browser's mark, the same for all its open forms. */
  markBrowser(mark: string | undefined): string;
  tokenFor(mark: string, target: string): string;
  isGood(mark: string | undefined, target: string, token: string | null): boolean;
}

export const createFormGuard = (): FormGuard => {
  const key = randomBytes(32);
  const sign = (mark: string, target: string): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([mark, target]))
      .digest();
  return {
    markBrowser: (mark) => mark ?? randomBytes(32).toString('base64url'),
    tokenFor: (mark, target) => sign(mark, target).toString('base64url'),
    isGood: (mark, target, token) => {
      const offered = Buffer.from(token ?? '', 'base64url');
      return mark !== undefined && offered.length === 32 && timingSafeEqual(offered, sign(mark, target));
    },
  };
};
