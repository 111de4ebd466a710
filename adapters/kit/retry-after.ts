import { parseHttpDate } from './http-date.ts';

const longestWaitMs = 24 * 60 * 60 * 1000;

/** A number above this, where seconds to wait are expected, is an instant: 1e9 s is the year 2001. */
const firstEpochSecond = 1_000_000_000;
const firstEpochMillisecond = 100_000_000_000;

/**
 * Reads a `Retry-After` header: seconds (`"120"`) or an HTTP or ISO 8601 date. Gives milliseconds from `nowMs`, from 0 to
 * 24 hours, or undefined when the value is neither.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return withinADay(Number(text) * 1000);
  const instantMs = parseHttpDate(text) ?? parseIsoDate(text);
  return instantMs === undefined ? undefined : withinADay(instantMs - nowMs);
}

/**
 * What an answer says about when to come back: `Retry-After`, else the reset of a spent quota (`RateLimit`, `RateLimit-Reset`,
 * `X-RateLimit-Reset`). A quota counts as spent unless the answer says that some of it remains.
 * Dates are compared with the server's own `Date` where it sent one, so that a clock that is off does no harm.
 */
export function readRetryAfterMs(header: (name: string) => string | undefined, nowMs: number): number | undefined {
  const serverNowMs = parseHttpDate(header('date') ?? '') ?? nowMs;
  return (
    parseRetryAfter(header('retry-after'), serverNowMs) ??
    parseQuota(header('ratelimit')) ??
    parseReset(header('ratelimit-remaining'), header('ratelimit-reset'), serverNowMs) ??
    parseReset(header('x-ratelimit-remaining'), header('x-ratelimit-reset'), serverNowMs)
  );
}

/** `RateLimit: "default";r=0;t=30` and its older form `limit=100, remaining=0, reset=30`; `t` and `reset` are seconds. */
function parseQuota(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const remaining = /(?:^|[;,\s])(?:r|remaining)=(\d+)/.exec(value)?.[1];
  const seconds = /(?:^|[;,\s])(?:t|reset)=(\d+)/.exec(value)?.[1];
  return remaining === undefined || Number(remaining) > 0 ? undefined : parseRetryAfter(seconds, 0);
}

/** Vendors put seconds to wait, epoch seconds or epoch milliseconds into the same header. */
function parseReset(remaining: string | undefined, reset: string | undefined, nowMs: number): number | undefined {
  if (remaining !== undefined && !/^\s*0+(\.0+)?\s*$/.test(remaining)) return undefined;
  const amount = /^\s*\d+(\.\d+)?\s*$/.test(reset ?? '') ? Number(reset) : undefined;
  if (amount === undefined) return undefined;
  if (amount >= firstEpochMillisecond) return withinADay(amount - nowMs);
  return withinADay(amount >= firstEpochSecond ? amount * 1000 - nowMs : amount * 1000);
}

function parseIsoDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const instantMs = Date.parse(text);
  return Number.isNaN(instantMs) ? undefined : instantMs;
}

function withinADay(waitMs: number): number {
  return Math.ceil(Math.min(Math.max(waitMs, 0), longestWaitMs));
}
