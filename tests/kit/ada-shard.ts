import type { ConflictPolicy } from '../../shared/contracts/conflict-policy.ts';
import { routeTo, TwoWayShard } from './two-way-look.ts';

export const ada = { name: 'Ada', email: 'ada@example.org', address: { city: 'Ptuj' } };

/** A shard that came from `a` and is written to `a` and `b`. */
export function shardOf(policy: ConflictPolicy = 'manual', fields: Record<string, ConflictPolicy> = {}): TwoWayShard {
  return new TwoWayShard([routeTo('a', { policy, fields }), routeTo('b', { policy, fields })]).see({
    record: ada,
    second: 0,
  });
}

/** What is to be written there: fields, or the kind of a write that is none of fields. */
export function fieldsOf(shard: TwoWayShard, integration = 'a'): readonly string[] {
  return shard.needs(integration).flatMap((need) => (need.kind === 'update' ? need.fields : [need.kind]));
}
