const DAY_MS = 24 * 60 * 60 * 1000;

/** What the extension tells the library on every call; both count by them. */
const DURATIONS_MS = {
  maximumShortTimerDuration: 6 * DAY_MS,
  longRunningTimerIntervalDuration: 3 * DAY_MS,
  defaultHttpAsyncRequestSleep: 30_000,
};

export const readTimeSpan = (name: keyof typeof DURATIONS_MS): number => DURATIONS_MS[name];
