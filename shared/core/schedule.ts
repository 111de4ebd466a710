import { Cron } from 'croner';
import type { z } from 'zod';
import type { FieldError } from '../contracts/problem.ts';
import type { schedule as scheduleSchema } from '../contracts/tasks.ts';

export type Schedule = z.infer<typeof scheduleSchema>;

/**
 * When a task runs next, strictly after an instant; `undefined` for manual tasks. Cron expressions follow the wall clock of their time zone: a
 * time of day that a clock change skips comes at the first valid minute after it, one that it repeats comes once; expressions with a wildcard hour
 * or minute follow elapsed time through both.
 *
 * @throws Error for an expression or zone that `checkSchedule` refuses
 */
export function nextRun(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.kind === 'manual') return undefined;
  if (schedule.kind === 'interval') return new Date(after.getTime() + schedule.everySeconds * 1000);
  return readCron(schedule.expression, schedule.timeZone).nextRun(after) ?? undefined;
}

/** What is wrong with a schedule, named as a field below `/schedule`; empty when nothing is. */
export function checkSchedule(schedule: Schedule, now: Date): FieldError[] {
  if (schedule.kind !== 'cron') return [];
  const errors: FieldError[] = [];
  if (!isTimeZone(schedule.timeZone)) {
    errors.push(atField('timeZone', 'must be an IANA time zone such as "Europe/Ljubljana"'));
  }
  const refusal = refuseExpression(schedule.expression, now);
  if (refusal !== undefined) errors.push(atField('expression', refusal));
  return errors;
}

function refuseExpression(expression: string, now: Date): string | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return 'must have five fields: minute hour day month weekday';
  // `?` stands for "the time at which the expression was read": such a schedule would mean something else each time.
  if (expression.includes('?')) return 'must not contain "?"';
  try {
    return readCron(expression, 'UTC').nextRun(now) === null ? 'must name a time that comes' : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'invalid';
    return `must be a cron expression: ${reason}`;
  }
}

function readCron(expression: string, timeZone: string): Cron {
  return new Cron(expression.trim(), {
    timezone: timeZone,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
    paused: true,
  });
}

/** Offsets such as "+02:00" are refused: they know no daylight saving time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function atField(name: string, message: string): FieldError {
  return { in: 'body', field: `/schedule/${name}`, message };
}
