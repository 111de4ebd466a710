const DAY_MS = 24 * 60 * 60 * 1000;

/** A timer that is further off is cut into slices. */
export const MAXIMUM_SHORT_TIMER_MS = 6 * DAY_MS;
/** How long a slice is. */
export const LONG_TIMER_INTERVAL_MS = 3 * DAY_MS;
/** Between two polls of an HTTP call whose answers do not say. */
export const HTTP_POLL_MS = 30_000;

/** What the extension tells the library on every call: both sides count by it. Whole days, as .NET writes them. */
export const DURATIONS = {
  longRunningTimerIntervalDuration: `${LONG_TIMER_INTERVAL_MS / DAY_MS}.00:00:00`,
  maximumShortTimerDuration: `${MAXIMUM_SHORT_TIMER_MS / DAY_MS}.00:00:00`,
  defaultHttpAsyncRequestSleepTimeMillseconds: HTTP_POLL_MS,
};
