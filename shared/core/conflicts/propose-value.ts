import type { ConflictField } from '../documents/conflict.ts';
import { completeness } from '../identity/survivorship.ts';
import type { Json } from '../json.ts';
import { decideField, type FieldSides } from '../two-way/decide-field.ts';

/** What might be decided, and what it is by. */
export interface Proposal extends Pick<ConflictField['proposed'], 'take' | 'by'> {
  readonly value: Json | undefined;
}

/** What the policies would say where they can: lists are united, else the newest holds; or else the value that says more, ours among equals. */
export function proposeValue(sides: FieldSides): Proposal {
  const united = decideField(sides, 'merge');
  if (united.kind === 'merged') return { take: 'value', value: united.value, by: 'merge' };
  const newest = decideField(sides, 'newest');
  if (newest.kind === 'theirs') return { take: 'theirs', value: sides.theirs, by: 'newest' };
  if (newest.kind === 'ours') return { take: 'ours', value: sides.ours, by: 'newest' };
  const isTheirs = completeness(sides.theirs ?? null) > completeness(sides.ours ?? null);
  return { take: isTheirs ? 'theirs' : 'ours', value: isTheirs ? sides.theirs : sides.ours, by: 'most_complete' };
}
