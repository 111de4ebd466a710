import type { ConflictSettings } from '../../contracts/conflict-policy.ts';
import type { ConflictDocument } from '../documents/conflict.ts';

const minuteMs = 60_000;

/** What is due of a conflict that waits, and when something is next. Instants are derived from when it was opened, so that repeats name the same. */
export interface ConflictClock {
  /** The reminder that is due: of several that were missed, the last. */
  readonly reminder?: { readonly number: number; readonly at: string };
  readonly escalation?: string;
  readonly isExpired: boolean;
  readonly deadlineAt?: string;
  /** Always after `now`. */
  readonly nextAt: string;
}

/** It is reminded of again and again, escalated once, and decided at its deadline. */
export function readClock(
  conflict: Pick<ConflictDocument, 'openedAt' | 'reminders' | 'escalatedAt'>,
  settings: ConflictSettings,
  now: string,
): ConflictClock {
  const nowMs = Date.parse(now);
  const after = (minutes: number) => Date.parse(conflict.openedAt) + minutes * minuteMs;
  const passed = Math.floor((nowMs - Date.parse(conflict.openedAt)) / (settings.remindAfterMinutes * minuteMs));
  const { escalateAfterMinutes, deadlineMinutes } = settings;
  const escalateMs = escalateAfterMinutes === undefined ? undefined : after(escalateAfterMinutes);
  const deadlineMs = deadlineMinutes === undefined ? undefined : after(deadlineMinutes);
  const isEscalated = conflict.escalatedAt !== undefined;
  const upcoming = [after((Math.max(passed, 0) + 1) * settings.remindAfterMinutes), escalateMs, deadlineMs].filter(
    (ms): ms is number => ms !== undefined && ms > nowMs,
  );
  return {
    ...(passed > conflict.reminders
      ? { reminder: { number: passed, at: instant(after(passed * settings.remindAfterMinutes)) } }
      : {}),
    ...(escalateMs !== undefined && escalateMs <= nowMs && !isEscalated ? { escalation: instant(escalateMs) } : {}),
    isExpired: deadlineMs !== undefined && deadlineMs <= nowMs,
    ...(deadlineMs === undefined ? {} : { deadlineAt: instant(deadlineMs) }),
    nextAt: instant(Math.min(...upcoming)),
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
