import { parseTimeSpanMs } from '../config/time-span.ts';
import { compileNcrontab, type NextOccurrence } from './ncrontab.ts';

export interface Schedule {
  readonly next: NextOccurrence;
  /** False for a schedule that may run more often than once a minute: it is not persisted. */
  readonly isMonitored: boolean;
}

const MINUTE_MS = 60_000;
/** How many occurrences are looked at to tell how dense a schedule is. */
const PROBES = 10;

/**
 * Compiles a timer's schedule: an NCRONTAB expression, or a TimeSpan, the time from one run to the next.
 * @param timeZone an IANA name
 * @param useMonitor the trigger's own choice; false turns the persisting off, true does not turn it on for dense ones
 * @throws ConfigurationError when it is neither
 */
export const compileSchedule = (
  text: string,
  timeZone: string,
  now: Date,
  useMonitor: boolean | undefined,
): Schedule => {
  const intervalMs = parseTimeSpanMs(text.trim());
  const next: NextOccurrence =
    intervalMs === undefined || intervalMs === 0
      ? compileNcrontab(text, timeZone)
      : (after) => new Date(after.getTime() + intervalMs);
  return { next, isMonitored: (useMonitor ?? true) && !isDense(next, now) };
};

const isDense = (next: NextOccurrence, now: Date): boolean => {
  let previous: Date | undefined;
  let current = next(now);
  for (let probe = 0; probe < PROBES && current !== undefined; probe++) {
    if (previous !== undefined && current.getTime() - previous.getTime() < MINUTE_MS) {
      return true;
    }
    previous = current;
    current = next(current);
  }
  return false;
};
