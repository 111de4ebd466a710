import { z } from 'zod';
import { conflictSettings } from '../../contracts/conflict-policy.ts';

/** By what they were called when they were hours. */
const minutesOf = {
  remindAfterHours: 'remindAfterMinutes',
  escalateAfterHours: 'escalateAfterMinutes',
  deadlineHours: 'deadlineMinutes',
} as const;

/** What a task says about conflicts. Times that were written down as hours are read as minutes. */
export const storedConflictSettings = z.preprocess((stored) => {
  if (typeof stored !== 'object' || stored === null) return stored;
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) =>
      Object.hasOwn(minutesOf, name) && typeof value === 'number'
        ? [minutesOf[name as keyof typeof minutesOf], value * 60]
        : [name, value],
    ),
  );
}, conflictSettings.prefault({}));
