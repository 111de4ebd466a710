import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConflictPolicy } from '../../../../../shared/contracts/conflict-policy.ts';
import type { Json } from '../../../../../shared/core/json.ts';
import {
  decideField,
  type FieldDecision,
  type FieldSides,
  policyOf,
  trustedTime,
} from '../../../../../shared/core/two-way/decide-field.ts';

const policies: readonly ConflictPolicy[] = ['external_wins', 'internal_wins', 'newest', 'merge', 'manual'];

/** Both sides changed the field, to values that are no lists. */
const both: FieldSides = { externalBase: 'base', internalBase: 'base', ours: 'ours', theirs: 'theirs' };

function at(second: number, ms = 0): string {
  return new Date(Date.parse('2030-01-01T00:00:00.000Z') + second * 1000 + ms).toISOString();
}

describe('a field', () => {
  it('that one side changed goes its way, whatever the policy', () => {
    for (const policy of policies) {
      expect(decideField({ ...both, ours: 'base' }, policy)).toEqual({ kind: 'theirs', settled: false });
      expect(decideField({ ...both, theirs: 'base' }, policy)).toEqual({ kind: 'ours', settled: false });
    }
  });

  it('that nobody changed is left, also where the provider writes the value its own way', () => {
    for (const policy of policies) {
      const sides = { externalBase: '+38640123456', internalBase: '040 123 456' };
      expect(decideField({ ...sides, ours: '040 123 456', theirs: '+38640123456' }, policy).kind).toBe('agreed');
    }
  });

  it('that came to what the other side has had all along has not moved', () => {
    const sides = { externalBase: 'ada@x.org', internalBase: 'Ada@X.org', ours: 'ada@x.org' };
    expect(decideField({ ...sides, theirs: 'ada@x.org' }, 'manual').kind).toBe('agreed');
    expect(decideField({ ...sides, theirs: 'eda@x.org' }, 'manual').kind).toBe('theirs');
  });

  it('that both changed to one value is no conflict', () => {
    for (const policy of policies) {
      expect(decideField({ ...both, ours: 'same', theirs: 'same' }, policy)).toEqual({
        kind: 'agreed',
        settled: false,
      });
      expect(decideField({ ...both, ours: 'Ada@Example.org', theirs: ' ada@example.org' }, policy).kind).toBe('agreed');
      expect(decideField({ ...both, ours: undefined, theirs: null }, policy).kind).toBe('agreed');
    }
  });

  it.each<[ConflictPolicy, FieldDecision]>([
    ['external_wins', { kind: 'theirs', settled: true }],
    ['internal_wins', { kind: 'ours', settled: true }],
    ['newest', { kind: 'conflict' }],
    ['merge', { kind: 'conflict' }],
    ['manual', { kind: 'conflict' }],
  ])('that both changed is settled by %s', (policy, decision) => {
    expect(decideField(both, policy)).toEqual(decision);
  });

  it('that one emptied and the other changed is a conflict like any other', () => {
    expect(decideField({ ...both, theirs: undefined }, 'manual').kind).toBe('conflict');
    expect(decideField({ ...both, ours: undefined }, 'external_wins')).toEqual({ kind: 'theirs', settled: true });
  });
});

describe('the newest', () => {
  it('is the later by a second or more; what lies closer, or has no time, a person decides', () => {
    const decide = (oursAt: string | undefined, theirsAt: string | undefined) =>
      decideField({ ...both, oursAt, theirsAt }, 'newest');
    expect(decide(at(10), at(11))).toEqual({ kind: 'theirs', settled: true });
    expect(decide(at(11), at(10))).toEqual({ kind: 'ours', settled: true });
    expect(decide(at(10), at(10)).kind).toBe('conflict');
    expect(decide(at(10), at(10, 999)).kind).toBe('conflict');
    expect(decide(at(10, 999), at(10)).kind).toBe('conflict');
    expect(decide(undefined, at(10)).kind).toBe('conflict');
    expect(decide(at(10), undefined).kind).toBe('conflict');
    expect(decide('once', at(10)).kind).toBe('conflict');
  });

  it('takes no time from a clock that is ahead', () => {
    expect(trustedTime(at(300), at(0))).toBe(at(300));
    expect(trustedTime(at(301), at(0))).toBeUndefined();
    expect(trustedTime(at(-86_400), at(0))).toBe(at(-86_400));
    expect(trustedTime(undefined, at(0))).toBeUndefined();
    expect(trustedTime('tomorrow', at(0))).toBeUndefined();
  });
});

describe('the policy of a field', () => {
  it('is that of the longest path that leads to it, or else of the task', () => {
    const settings = { policy: 'manual', fields: { address: 'newest', 'address.city': 'merge' } } as const;
    expect(policyOf(settings, ['name'])).toBe('manual');
    expect(policyOf(settings, ['address', 'street'])).toBe('newest');
    expect(policyOf(settings, ['address', 'city'])).toBe('merge');
    expect(policyOf(settings, ['addressee'])).toBe('manual');
  });
});

/** Few values, so that sides often agree; some mean the same and are not equal. */
const value: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constantFrom<Json | undefined>(
    undefined,
    null,
    '',
    'a',
    ' a',
    'A@x.org',
    'a@x.org',
    '040 123 456',
    '040123456',
    7,
  ),
  fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
  fc.record({ b: fc.constantFrom(1, 2), a: fc.constantFrom(1, 2) }),
);
const time = fc.option(
  fc.integer({ min: 0, max: 4000 }).map((ms) => at(0, ms)),
  { nil: undefined },
);
const sides: fc.Arbitrary<FieldSides> = fc.record({
  externalBase: value,
  internalBase: value,
  ours: value,
  theirs: value,
  oursAt: time,
  theirsAt: time,
});
const policy = fc.constantFrom(...policies);

/** The value that either side has in the end, where nobody has to decide. */
function outcomeOf(each: FieldSides, decision: FieldDecision): Json | undefined {
  if (decision.kind === 'merged') return decision.value;
  return decision.kind === 'theirs' ? each.theirs : each.ours;
}

describe('whatever both sides have', () => {
  it('values that have not moved since they agreed stay where they are', () => {
    fc.assert(
      fc.property(value, value, time, time, policy, (ours, theirs, oursAt, theirsAt, chosen) => {
        const still = { externalBase: theirs, internalBase: ours, ours, theirs, oursAt, theirsAt };
        expect(decideField(still, chosen)).toEqual({ kind: 'agreed', settled: false });
      }),
    );
  });

  it('a side that has not moved never wins over one that has, and nothing is decided without a difference', () => {
    fc.assert(
      fc.property(sides, policy, (each, chosen) => {
        const same = (left: Json | undefined, right: Json | undefined) =>
          JSON.stringify(left === undefined ? ['none'] : [sorted(left)]) ===
          JSON.stringify(right === undefined ? ['none'] : [sorted(right)]);
        const [weMoved, theyMoved] = [
          !same(each.ours, each.internalBase) && !same(each.ours, each.externalBase),
          !same(each.theirs, each.externalBase),
        ];
        const { kind } = decideField(each, chosen);
        if (!weMoved && !theyMoved) expect(kind).toBe('agreed');
        if (!weMoved && theyMoved) expect(kind).toBe('theirs');
        if (weMoved && !theyMoved) expect(kind).toBe('ours');
        if (weMoved && theyMoved && same(each.ours, each.theirs)) expect(kind).toBe('agreed');
      }),
    );
  });

  it('seen from the other side it is decided the same', () => {
    const mirrored: Partial<Record<ConflictPolicy, ConflictPolicy>> = {
      external_wins: 'internal_wins',
      internal_wins: 'external_wins',
    };
    const plain = sides.filter(
      ({ externalBase, internalBase }) => JSON.stringify(externalBase) === JSON.stringify(internalBase),
    );
    fc.assert(
      fc.property(plain, policy, (each, chosen) => {
        const other = {
          externalBase: each.internalBase,
          internalBase: each.externalBase,
          ours: each.theirs,
          theirs: each.ours,
          oursAt: each.theirsAt,
          theirsAt: each.oursAt,
        };
        const here = decideField(each, chosen);
        const there = decideField(other, mirrored[chosen] ?? chosen);
        const opposite: Partial<Record<FieldDecision['kind'], FieldDecision['kind']>> = {
          ours: 'theirs',
          theirs: 'ours',
        };
        expect(there.kind).toBe(opposite[here.kind] ?? here.kind);
        if (here.kind === 'merged' && there.kind === 'merged' && Array.isArray(here.value)) {
          expect([...here.value].sort()).toEqual([...(there.value as Json[])].sort());
        }
      }),
    );
  });

  it('once both sides have what was decided, they agree', () => {
    fc.assert(
      fc.property(sides, policy, (each, chosen) => {
        const decision = decideField(each, chosen);
        fc.pre(decision.kind !== 'conflict');
        const agreed = outcomeOf(each, decision);
        const theirs = decision.kind === 'agreed' ? each.theirs : agreed;
        const after = { ...each, externalBase: theirs, internalBase: agreed, ours: agreed, theirs };
        expect(decideField(after, chosen).kind).toBe('agreed');
      }),
    );
  });
});

function sorted(from: Json): Json {
  if (typeof from !== 'object' || from === null || Array.isArray(from)) return from;
  return Object.fromEntries(Object.entries(from).sort(([a], [b]) => (a < b ? -1 : 1)));
}
