export interface RateLimit {
  /** At most so many requests... */
  readonly requests: number;
  /** ...in any window of this length. */
  readonly windowMs: number;
  /** How `Retry-After` is written. */
  readonly retryAfter: 'seconds' | 'date';
}

interface RateVerdict {
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** When the next request will be let through; 0 if it would be at once. */
  readonly retryAfterMs: number;
}

/** A sliding window: a refused request does not count. */
export interface RateLimiter {
  limit: RateLimit | undefined;
  take(nowMs: number): RateVerdict;
}

export const createRateLimiter = (initial: RateLimit | undefined): RateLimiter => {
  let taken: number[] = [];
  const limiter: RateLimiter = {
    limit: initial,
    take: (nowMs) => {
      const { limit } = limiter;
      if (limit === undefined) {
        return { isAllowed: true, remaining: Infinity, retryAfterMs: 0 };
      }
      taken = taken.filter((takenAtMs) => takenAtMs > nowMs - limit.windowMs);
      const oldest = taken[taken.length - limit.requests];
      if (oldest !== undefined) {
        return { isAllowed: false, remaining: 0, retryAfterMs: oldest + limit.windowMs - nowMs };
      }
      taken.push(nowMs);
      return { isAllowed: true, remaining: limit.requests - taken.length, retryAfterMs: 0 };
    },
  };
  return limiter;
};

/** The value of `Retry-After`; both forms count whole seconds, so it never names a time too early. */
export const writeRetryAfter = (form: 'seconds' | 'date', retryAfterMs: number, nowMs: number): string =>
  form === 'seconds'
    ? `${Math.ceil(retryAfterMs / 1000)}`
    : new Date(Math.ceil((nowMs + retryAfterMs) / 1000) * 1000).toUTCString();
