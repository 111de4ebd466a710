import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConflictPolicy } from '../../../../../shared/contracts/conflict-policy.ts';
import type { Json, JsonObject } from '../../../../../shared/core/json.ts';
import { linkIdOf } from '../../../../../shared/core/observation.ts';
import { type Look, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

const policy: fc.Arbitrary<ConflictPolicy> = fc.constantFrom(
  'external_wins',
  'internal_wins',
  'newest',
  'merge',
  'manual' as const,
);
const text = fc.constantFrom<Json | undefined>('x', 'y', 'x;y', ' x', 'X@x.org', undefined, null);
const record = fc
  .record({ name: text, email: text, tags: fc.subarray(['x', 'y', 'z']) })
  .map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined)) as JsonObject);
const integration: fc.Arbitrary<string> = fc.constantFrom('a', 'b');
const moves = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('see' as const), integration: integration, record: fc.option(record) }),
    fc.record({ kind: fc.constant('push' as const), integration }),
    fc.record({ kind: fc.constant('edit' as const), field: fc.constantFrom('name', 'email'), value: text }),
    fc.record({ kind: fc.constant('remove' as const) }),
  ),
  { maxLength: 12 },
);
type Move = typeof moves extends fc.Arbitrary<(infer Each)[]> ? Each : never;

/** What a move shows of a record, where it shows one. */
function lookOf(shard: TwoWayShard, move: Move, second: number, versioned: boolean): Look | undefined {
  if (move.kind === 'see') {
    const { integration } = move;
    return { integration, second, versioned, ...(move.record === null ? {} : { record: move.record }) };
  }
  if (move.kind !== 'push') return undefined;
  const [need] = shard.needs(move.integration);
  if (need === undefined || need.kind === 'create') return undefined;
  const fields = need.kind === 'update' ? need.fields : [];
  const pushed = shard.pushOf(fields, need.kind);
  const record =
    need.kind === 'delete' ? {} : { record: { ...shard.source(move.integration).externalBase, ...pushed.data } };
  return { integration: move.integration, second, versioned, pushed, ...record };
}

/** Takes a move; returns the look that it was, where it was one. */
function take(shard: TwoWayShard, move: Move, second: number, versioned: boolean): Look | undefined {
  const look = lookOf(shard, move, second, versioned);
  if (look !== undefined) shard.see(look);
  else if (move.kind === 'edit') shard.edit(second, { [move.field]: move.value });
  else if (move.kind === 'remove') shard.remove(second);
  return look;
}

function shardWith(chosen: ConflictPolicy, versioned: boolean): TwoWayShard {
  const routes = [routeTo('a', { policy: chosen }), routeTo('b', { policy: chosen })];
  return new TwoWayShard(routes).see({ second: 0, versioned, record: { name: 'x' } });
}

describe('whatever is seen, edited and pushed', () => {
  it('a look that is repeated writes nothing and has the outcome that it had', () => {
    fc.assert(
      fc.property(moves, policy, fc.boolean(), (sequence, chosen, versioned) => {
        const shard = shardWith(chosen, versioned);
        for (const [index, move] of sequence.entries()) {
          const look = take(shard, move, (index + 1) * 10, versioned);
          if (look === undefined) continue;
          const [first, before] = [shard.last, shard.get()];
          shard.see(look);
          expect(shard.last?.kind).not.toBe('write');
          expect(shard.get()).toEqual(before);
          if (first?.kind === 'write') expect(shard.last).toMatchObject({ outcome: first.outcome });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('once both sides show what the shard has, nothing is to be pushed but what a person decides', () => {
    fc.assert(
      fc.property(moves, policy, fc.boolean(), (sequence, chosen, versioned) => {
        const shard = shardWith(chosen, versioned);
        for (const [index, move] of sequence.entries()) take(shard, move, (index + 1) * 10, versioned);
        for (let turn = 0; turn < 6; turn += 1) {
          take(shard, { kind: 'push', integration: turn % 2 === 0 ? 'a' : 'b' }, 1000 + turn * 10, versioned);
        }
        for (const each of ['a', 'b']) {
          const needs = shard.needs(each).filter(({ kind }) => kind !== 'create');
          expect(needs, each).toEqual([]);
          expectAgreed(shard, each);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function expectAgreed(shard: TwoWayShard, integration: string): void {
  const source = shard.get().sources[linkIdOf(integration, 'people', 'p1', 'contact')];
  if (source === undefined || source.deleted || shard.get().status !== 'active') return;
  for (const field of ['name', 'email', 'tags']) {
    if (source.held?.fields[field] !== undefined) continue;
    const ours = shard.get().data[field];
    const agreed = source.internalBase?.[field];
    const either = [source.externalBase[field], ...(agreed === undefined ? [] : [agreed.value])];
    expect(either, `${integration} ${field}`).toContainEqual(ours);
  }
}
