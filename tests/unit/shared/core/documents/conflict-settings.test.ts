import { describe, expect, it } from 'vitest';
import { conflictSettings } from '../../../../../shared/contracts/conflict-policy.ts';
import { storedConflictSettings } from '../../../../../shared/core/documents/conflict-settings.ts';

describe('what a task says about conflicts', () => {
  it('is read in minutes where it was written in hours', () => {
    const written = { policy: 'newest', fields: {}, remindAfterHours: 24, escalateAfterHours: 48, deadlineHours: 8760 };
    expect(storedConflictSettings.parse({ ...written, onDeadline: 'external_wins' })).toEqual({
      policy: 'newest',
      fields: {},
      remindAfterMinutes: 1440,
      escalateAfterMinutes: 2880,
      deadlineMinutes: 525_600,
      onDeadline: 'external_wins',
    });
  });

  it('is what it says now, or the default', () => {
    const now = conflictSettings.parse({ policy: 'merge', deadlineMinutes: 1 });
    expect(storedConflictSettings.parse(now)).toEqual(now);
    expect(storedConflictSettings.parse(undefined)).toEqual(conflictSettings.parse({}));
  });

  it('is corrupt where it is neither', () => {
    expect(storedConflictSettings.safeParse({ remindAfterDays: 1 }).success).toBe(false);
    expect(storedConflictSettings.safeParse('soon').success).toBe(false);
  });
});
