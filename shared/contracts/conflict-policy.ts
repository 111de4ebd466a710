import { z } from 'zod';
import { fieldPath } from './identifiers.ts';

/**
 * What is done about a field that both sides changed since they last agreed, to different values. `newest` goes by times of modification where both can
 * be trusted, `merge` unites lists; where either cannot decide, a person does.
 */
export const conflictPolicy = z.enum(['external_wins', 'internal_wins', 'newest', 'merge', 'manual']);

const minutes = z.int().min(1).max(525_600);

/** How conflicts of a task are settled, and what happens to those that wait for a person. */
export const conflictSettings = z
  .strictObject({
    policy: conflictPolicy.default('manual').describe('Of every field that has none of its own, and of deletions'),
    fields: z
      .record(fieldPath, conflictPolicy)
      .default({})
      .describe('By field of the shard; a policy of `address` also holds for `address.city`'),
    remindAfterMinutes: minutes.default(1440).describe('When a conflict that waits is told again, and again'),
    escalateAfterMinutes: minutes.optional().describe('When it is told as an alert'),
    deadlineMinutes: minutes.optional().describe('When `onDeadline` decides; without it a conflict waits for a person'),
    onDeadline: z.enum(['external_wins', 'internal_wins']).default('internal_wins'),
  })
  .meta({ id: 'ConflictSettings' });

export type ConflictPolicy = z.infer<typeof conflictPolicy>;
export type ConflictSettings = z.infer<typeof conflictSettings>;
