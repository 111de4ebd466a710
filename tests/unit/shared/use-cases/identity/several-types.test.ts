import { describe, expect, it } from 'vitest';
import { type MatchRuleSet, matchRulesId } from '../../../../../shared/core/documents/match-rules.ts';
import type { ShardDocument } from '../../../../../shared/core/documents/shard.ts';
import { compileMatchRules } from '../../../../../shared/core/identity/compile-match-rules.ts';
import { findIdentityFaults } from '../../../../kit/identity-faults.ts';
import { plainRules } from '../../../../kit/identity-world.ts';
import { createSyncHarness, longAgo, type SyncHarness } from '../../../../kit/sync-harness.ts';
import { publishTargets, shardsOf } from '../publish-targets.ts';

const domainRules: MatchRuleSet = {
  version: 1,
  rules: [{ kind: 'exact', name: 'Domain', key: [{ fields: ['domain'], as: 'domain', part: 'whole' }] }],
  strategy: 'newest',
  fieldStrategies: {},
};

/** A person, the companies he works for, and a deal with him: the deals have no match rules. */
async function begin(pageSize: number): Promise<SyncHarness> {
  const harness = await createSyncHarness({ pageSize });
  await publishTargets(harness, [
    {
      shardTypeId: 'deal',
      name: 'deal',
      fields: [
        { to: 'name', from: 'name' },
        { to: 'contactId', lookup: { from: 'key', shardTypeId: 'contact', object: 'people' } },
        { to: 'bossId', lookup: { from: 'boss', shardTypeId: 'contact', object: 'people' } },
      ],
    },
    {
      shardTypeId: 'contact',
      fields: [
        ...['name', 'email', 'phone', 'city'].map((field) => ({ to: field, from: field })),
        { to: 'boss', lookup: { from: 'boss', shardTypeId: 'contact', object: 'people' } },
      ],
    },
    {
      shardTypeId: 'company',
      name: 'employer',
      each: 'companies',
      externalId: 'id',
      fields: [
        { to: 'name', from: 'name' },
        { to: 'domain', from: 'domain' },
      ],
    },
  ]);
  setRules(harness, 'contact', plainRules);
  setRules(harness, 'company', domainRules);
  return harness;
}

function setRules({ deps, scope }: SyncHarness, shardTypeId: string, rules: MatchRuleSet): void {
  const at = deps.now().toISOString();
  deps.matchRules.put(scope, {
    kind: 'upsert',
    document: {
      ...rules,
      id: matchRulesId(shardTypeId),
      tenantId: 'acme',
      kind: 'match-rules',
      schemaVersion: 1,
      shardTypeId,
      createdAt: at,
      updatedAt: at,
    },
  });
}

/** Three people, one of them three times; two companies, one of them twice; bosses that are read later. */
const rows: Record<string, { person: number; boss: string; company: number }> = {
  a: { person: 0, boss: 'd', company: 0 },
  b: { person: 1, boss: 'e', company: 1 },
  c: { person: 2, boss: 'f', company: 0 },
  d: { person: 1, boss: 'a', company: 2 },
  e: { person: 0, boss: 'c', company: 0 },
  f: { person: 0, boss: 'b', company: 2 },
};

function fill(harness: SyncHarness): void {
  for (const [key, { person, boss, company }] of Object.entries(rows)) {
    const domain = company === 1 ? 'one.si' : 'zero.si';
    harness.provider.put(
      key,
      {
        key,
        name: `Person ${key}`,
        email: `person${person}@x.si`,
        boss,
        companies: [{ id: `c${company}`, name: `Company ${company}`, domain }],
      },
      longAgo,
    );
  }
}

function survivorOf({ deps }: SyncHarness, id: unknown): ShardDocument | undefined {
  const all = new Map(deps.shards.all().map((shard) => [shard.id, shard]));
  let shard = all.get(String(id));
  while (shard?.mergedInto !== undefined) shard = all.get(shard.mergedInto);
  return shard;
}

function faultsOf({ deps }: SyncHarness): string[] {
  const rulesOf = { contact: plainRules, company: domainRules };
  return Object.entries(rulesOf).flatMap(([shardTypeId, rules]) => {
    const isOfType = (each: { readonly shardTypeId: string }): boolean => each.shardTypeId === shardTypeId;
    const links = deps.links.all().filter(isOfType);
    const linkIds = new Set(links.map(({ id }) => id));
    return findIdentityFaults(compileMatchRules(shardTypeId, rules), {
      links,
      shards: deps.shards.all().filter(isOfType),
      keys: deps.keys
        .all()
        .map((key) => ({ ...key, entries: key.entries.filter(({ linkId }) => linkIds.has(linkId)) })),
      merges: deps.merges.all().filter(isOfType),
    });
  });
}

async function expectWhole(harness: SyncHarness, where: string): Promise<void> {
  expect(faultsOf(harness), where).toEqual([]);
  const living = async (type: string) => (await shardsOf(harness, type)).filter(({ status }) => status !== 'merged');
  const contacts = await living('contact');
  expect(contacts, where).toHaveLength(3);
  expect(await living('company'), where).toHaveLength(2);
  const deals = await living('deal');
  expect(deals, where).toHaveLength(6);
  const contactOf = new Map(
    contacts.flatMap((shard) => Object.values(shard.sources).map(({ externalId }) => [externalId, shard.id])),
  );
  for (const { data, sources } of deals) {
    const key = Object.values(sources)[0]?.externalId ?? '';
    expect(survivorOf(harness, data['contactId'])?.id, where).toBe(contactOf.get(key));
    expect(survivorOf(harness, data['bossId'])?.id, where).toBe(contactOf.get(rows[key]?.boss ?? ''));
  }
}

async function stepsOf(pageSize: number): Promise<number> {
  const harness = await begin(pageSize);
  fill(harness);
  const { id } = await harness.start('full');
  const before = harness.deps.faults.steps;
  await harness.finish(id);
  return harness.deps.faults.steps - before;
}

describe('a page whose records feed several shard types', () => {
  it.each([1, 2, 100])(
    'matches each type by its own rules, and references lead to survivors, by pages of %i',
    async (size) => {
      const harness = await begin(size);
      fill(harness);
      const run = await harness.run('full');
      expect(run).toMatchObject({ state: 'succeeded', counts: { received: 18, failed: 0 } });
      expect(run.counts.created).toBe(harness.deps.links.all().length);
      await expectWhole(harness, 'undisturbed');
      await harness.run('full');
      const quiet = await harness.run('full');
      expect(quiet.counts).toMatchObject({ created: 0, updated: 0 });
      await expectWhole(harness, 'again');
    },
  );

  it.each(['before', 'after'] as const)('does so after a crash at any step (%s it took)', async (moment) => {
    const steps = await stepsOf(2);
    expect(steps).toBeGreaterThan(60);
    for (let step = 1; step <= steps; step += 1) {
      const harness = await begin(2);
      fill(harness);
      const { id } = await harness.start('full');
      harness.deps.faults.crashAt(step, moment);
      const run = await harness.finish(id);
      expect(run, `step ${step}`).toMatchObject({ state: 'succeeded', counts: { received: 18, failed: 0 } });
      expect(run.counts.created, `step ${step}`).toBe(harness.deps.links.all().length);
      await expectWhole(harness, `step ${step}`);
    }
  });

  it('proposes only shards that are there, also where a record has its id from a reference', async () => {
    const harness = await createSyncHarness();
    await publishTargets(harness, [
      {
        shardTypeId: 'contact',
        fields: [
          ...['name', 'city'].map((field) => ({ to: field, from: field })),
          { to: 'boss', lookup: { from: 'boss', shardTypeId: 'contact', object: 'people' } },
        ],
      },
    ]);
    setRules(harness, 'contact', plainRules);
    harness.provider.put('ana', { name: 'Ana Novak', city: 'Ptuj' }, longAgo);
    harness.provider.put('anita', { name: 'Anita Novak', city: 'Ptuj' }, longAgo);
    harness.provider.put('bojan', { name: 'Bojan Kos', boss: 'anita' }, longAgo);
    await harness.run('full');
    const shards = await harness.shards();
    expect(harness.deps.mergeCandidates.all().map(({ shardIds }) => shardIds)).toEqual([
      [shards.get('ana')?.id, shards.get('anita')?.id].sort(),
    ]);
  });
});
