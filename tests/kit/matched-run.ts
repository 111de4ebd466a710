import { type MatchRuleSet, matchRulesId } from '../../shared/core/documents/match-rules.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import { compileMatchRules } from '../../shared/core/identity/compile-match-rules.ts';
import { findIdentityFaults } from './identity-faults.ts';
import { personMapping, plainRules } from './identity-world.ts';
import { createSyncHarness, type HarnessOptions, longAgo, type SyncHarness } from './sync-harness.ts';

export const records = 12;
export const people = 7;

/** Runs with match rules over seven people; five of them twice, the second time on another page with another value in common. */
export async function createMatchedHarness(options: HarnessOptions = {}): Promise<SyncHarness> {
  const harness = await createSyncHarness({
    pageSize: 4,
    engine: { pagesPerSlice: 2 },
    ...options,
    task: { objects: [personMapping], ...options.task },
  });
  setRules(harness, 1);
  for (let index = 0; index < records; index += 1) {
    const person = index % people;
    harness.provider.put(`p${String(index).padStart(2, '0')}`, fieldsOf(person, index >= people), longAgo);
  }
  return harness;
}

export function setRules(harness: SyncHarness, version: number, change: Partial<MatchRuleSet> = {}): void {
  const at = harness.deps.now().toISOString();
  harness.deps.matchRules.put(harness.scope, {
    kind: 'upsert',
    document: {
      ...plainRules,
      ...change,
      version,
      id: matchRulesId('contact'),
      tenantId: 'acme',
      kind: 'match-rules',
      schemaVersion: 1,
      shardTypeId: 'contact',
      createdAt: at,
      updatedAt: at,
    },
  });
}

function fieldsOf(person: number, again: boolean) {
  const email = { email: `person${person}@x.si` };
  const phone = { phone: `+3864000000${person}` };
  return again
    ? { name: `Again ${person}`, ...(person % 2 === 0 ? email : phone) }
    : { name: `Person ${person}`, ...email, ...phone };
}

/** What must not be once nobody works any more; in words. */
export function faultsOf({ deps }: SyncHarness): string[] {
  const matcher = compileMatchRules('contact', plainRules);
  return findIdentityFaults(matcher, {
    links: deps.links.all(),
    shards: deps.shards.all(),
    keys: deps.keys.all(),
    merges: deps.merges.all(),
  });
}

export function livingShards({ deps }: SyncHarness): ShardDocument[] {
  return deps.shards.all().filter(({ status }) => status !== 'merged');
}
