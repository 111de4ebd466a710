import { sameValue } from '../canonical.ts';
import type { MatchRuleSet } from '../documents/match-rules.ts';
import { readPath } from '../field-path.ts';
import type { JsonObject } from '../json.ts';
import { completeness } from './survivorship.ts';

/** Whether the strategies leave it to people to make these two one: always, or because of a field in which both say something else. */
export function needsPeople(
  { strategy, fieldStrategies }: Pick<MatchRuleSet, 'strategy' | 'fieldStrategies'>,
  left: JsonObject,
  right: JsonObject,
): boolean {
  if (strategy === 'manual_review') return true;
  return Object.entries(fieldStrategies).some(([field, ofField]) => {
    if (ofField !== 'manual_review') return false;
    const path = field.split('.');
    const [a, b] = [readPath(left, path), readPath(right, path)];
    return isFilled(a) && isFilled(b) && !sameValue(a, b);
  });
}

function isFilled(value: ReturnType<typeof readPath>): boolean {
  return value !== undefined && completeness(value) > 0;
}
