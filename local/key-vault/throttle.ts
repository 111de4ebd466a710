import { VaultError } from './vault-error.ts';

export interface ThrottleLimit {
  /** At most so many requests... */
  readonly requests: number;
  /** ...in any window of this length. */
  readonly windowMs: number;
}

/** Makes the check that throws 429 with `Retry-After` over the limit; a refused request does not count. */
export const createThrottle = (limit: ThrottleLimit | undefined, now: () => number): (() => void) => {
  let taken: number[] = [];
  return () => {
    if (limit === undefined) {
      return;
    }
    const nowMs = now();
    taken = taken.filter((takenAtMs) => takenAtMs > nowMs - limit.windowMs);
    const oldest = taken[taken.length - limit.requests];
    if (oldest !== undefined) {
      const seconds = Math.ceil((oldest + limit.windowMs - nowMs) / 1000);
      throw new VaultError(429, 'Throttled', 'The vault has too many requests; try again later.', {
        headers: { 'retry-after': `${seconds}` },
      });
    }
    taken.push(nowMs);
  };
};
