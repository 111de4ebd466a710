import { describe, expect, it } from 'vitest';
import type { MatchRuleSet } from '../../../../../shared/core/documents/match-rules.ts';
import type { MergeCandidateDocument } from '../../../../../shared/core/documents/merge-candidate.ts';
import { acceptMergeCandidate } from '../../../../../shared/use-cases/merge-candidates/accept-merge-candidate.ts';
import { rejectMergeCandidate } from '../../../../../shared/use-cases/merge-candidates/reject-merge-candidate.ts';
import { IdentityWorld, type PersonRecord, plainRules } from '../../../../kit/identity-world.ts';

const ana: PersonRecord = { id: 'ana', name: 'Ana Novak', city: 'Ptuj' };
/** Alike, but not enough for the machine. */
const anita: PersonRecord = { id: 'anita', name: 'Anita Novak', city: 'Ptuj' };

async function alike(): Promise<IdentityWorld> {
  const world = new IdentityWorld();
  await world.apply([ana]);
  await world.apply([anita]);
  expect(world.groups()).toHaveLength(2);
  return world;
}

function candidateOf(world: IdentityWorld): MergeCandidateDocument {
  const [candidate, ...others] = world.deps.mergeCandidates.all();
  expect(others).toEqual([]);
  if (candidate === undefined) throw new Error('Nothing was proposed');
  return candidate;
}

function decide(world: IdentityWorld, use: typeof acceptMergeCandidate | typeof rejectMergeCandidate) {
  const params = { candidateId: candidateOf(world).id };
  const attempt = { at: world.deps.now(), repeated: false };
  return use(world.deps, world.scope, { params, query: undefined, body: undefined, ifMatch: undefined, attempt });
}

function withRules(world: IdentityWorld, change: Partial<MatchRuleSet>): IdentityWorld {
  return new IdentityWorld({ ...plainRules, version: 2, ...change }, world.deps);
}

/** The name in a city, where less is enough for the machine. */
const bolder = plainRules.rules.map((rule) => (rule.kind === 'fuzzy' ? { ...rule, mergeAt: 0.81 } : rule));

describe('records that are alike, but not enough to be merged', () => {
  it('wait for people, once a pair, with rule and score', async () => {
    const world = await alike();
    await Promise.all([
      world.apply([{ ...ana, phone: '+38640111111' }]),
      world.apply([{ ...anita, phone: '+38640222222' }]),
    ]);
    const candidate = candidateOf(world);
    expect(candidate).toMatchObject({ state: 'open', rule: 'Name in a city', shardTypeId: 'contact' });
    expect(candidate.score).toBeGreaterThanOrEqual(0.8);
    expect(candidate.shardIds).toEqual(
      world
        .shards()
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('are merged when people say so', async () => {
    const world = await alike();
    const { body } = await decide(world, acceptMergeCandidate);
    expect(body).toMatchObject({ state: 'accepted', mergeId: world.deps.merges.all()[0]?.id });
    expect(world.groups()).toEqual([['int_a/ana', 'int_a/anita']]);
    expect(world.faults()).toEqual([]);
    expect((await decide(world, acceptMergeCandidate)).body).toMatchObject({ state: 'accepted' });
    await expect(decide(world, rejectMergeCandidate)).rejects.toMatchObject({ code: 'already-merged' });
  });

  it('are left alone once people said no, whatever else changes about them', async () => {
    const world = await alike();
    await decide(world, rejectMergeCandidate);
    const other = withRules(world, { strategy: 'most_complete' });
    await other.apply([ana, anita]);
    expect(candidateOf(world)).toMatchObject({ state: 'rejected' });
    expect(world.groups()).toHaveLength(2);
  });

  it('are proposed again, not merged, when the rules change', async () => {
    const world = await alike();
    await decide(world, rejectMergeCandidate);
    await withRules(world, { rules: bolder }).apply([anita]);
    expect(candidateOf(world)).toMatchObject({ state: 'open', reopened: 'rules-changed' });
    expect(world.groups()).toHaveLength(2);
  });

  it('are proposed again, not merged, when their values change', async () => {
    const world = await alike();
    await decide(world, rejectMergeCandidate);
    await world.apply([{ ...anita, name: 'Ana Novak' }]);
    expect(candidateOf(world)).toMatchObject({ state: 'open', reopened: 'values-changed' });
    expect(world.groups()).toHaveLength(2);
    await decide(world, rejectMergeCandidate);
    expect(candidateOf(world).reopened).toBeUndefined();
  });

  it('are merged by other rules while nobody has said no, which settles the pair', async () => {
    const world = await alike();
    const other = withRules(world, { rules: bolder });
    await other.apply([anita]);
    expect(other.groups()).toEqual([['int_a/ana', 'int_a/anita']]);
    expect(candidateOf(world)).toMatchObject({ state: 'accepted', mergeId: expect.stringMatching(/^mrg_/) });
  });
});

describe('a key that too many records have', () => {
  it('identifies nobody, and says so', async () => {
    const world = new IdentityWorld();
    const many = Array.from({ length: 70 }, (_, index): PersonRecord => ({ id: `p${index}`, email: 'info@x.si' }));
    await world.apply(many);
    expect(world.groups()).toHaveLength(70);
    expect(world.deps.keys.all()).toMatchObject([{ crowded: true, entries: [] }]);
    expect(world.deps.log.entries.map(({ level }) => level)).toContain('warn');
    expect(world.faults()).toEqual([]);
  });
});
