import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../../../shared/core/documents/cause.ts';
import type { ShardDocument, ShardSource } from '../../../../../shared/core/documents/shard.ts';
import { absorbShard, tombstone } from '../../../../../shared/core/identity/absorb-shard.ts';
import { releaseSources, restoreShard } from '../../../../../shared/core/identity/split-shard.ts';
import {
  externalValue,
  leafPaths,
  mergeSources,
  type StrategyOf,
} from '../../../../../shared/core/identity/survivorship.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';

const at = '2030-01-01T00:00:00.000Z';
const cause: Cause = { kind: 'merge', id: 'm', actorId: 'test', at };
const strategies = ['prefer_external', 'prefer_internal', 'newest', 'most_complete'] as const;
const strategy = fc.constantFrom(...strategies);
const value = fc.constantFrom('', 'a', 'bb', 'ccc', null, 1, true);
const base = fc.record(
  { name: value, city: value, tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }) },
  { requiredKeys: [] },
);

function sourceOf(externalBase: JsonObject, index: number, modifiedAt: string): ShardSource {
  return {
    integrationId: 'int_a',
    object: 'people',
    externalId: `p${index}`,
    externalBase,
    modifiedAt,
    observed: { fence: 1, page: 0 },
    deleted: false,
    last: { executionId: 'exe_1', page: 0, outcome: 'created' },
  };
}

const dates = fc.constantFrom('2029-01-01T00:00:00.000Z', '2029-02-01T00:00:00.000Z', '2029-03-01T00:00:00.000Z');
const source = fc.tuple(base, dates);

/** A shard whose data follow from its sources, and perhaps from an edit. */
function shardOf(
  id: string,
  sources: readonly (readonly [JsonObject, string])[],
  how: StrategyOf,
  edit: JsonObject,
): ShardDocument {
  const entries = sources.map(
    ([externalBase, modifiedAt], index) => [`${id}-${index}`, sourceOf(externalBase, index, modifiedAt)] as const,
  );
  const all = Object.fromEntries(entries);
  const paths = leafPaths(sources.map(([externalBase]) => externalBase));
  const data = { ...mergeSources({}, {}, all, paths, how), ...edit };
  return {
    id,
    tenantId: 'acme',
    schemaVersion: 1,
    shardTypeId: 'contact',
    status: 'active',
    revision: 1,
    data,
    text: '',
    sources: all,
    createdAt: at,
    updatedAt: at,
  };
}

const sources = fc.array(source, { minLength: 1, maxLength: 3 });
const edit = fc.record({ name: fc.constantFrom('edited', 'else'), note: fc.constantFrom('n') }, { requiredKeys: [] });

describe('the value of a field that several records fill', () => {
  it('does not depend on their order', () => {
    fc.assert(
      fc.property(sources, strategy, (all, which) => {
        const how: StrategyOf = () => which;
        const { sources: forwards } = shardOf('shd_a', all, how, {});
        const backwards = Object.fromEntries(Object.entries(forwards).reverse());
        expect(externalValue(backwards, ['name'], which)).toEqual(externalValue(forwards, ['name'], which));
      }),
    );
  });

  it('is the newest that is not blank, or the most complete', () => {
    const shard = (how: StrategyOf) =>
      shardOf(
        'shd_a',
        [
          [{ name: 'Ana Novak' }, '2029-01-01'],
          [{ name: 'Ana' }, '2029-02-01'],
          [{ name: '' }, '2029-03-01'],
        ],
        how,
        {},
      );
    expect(shard(() => 'newest').data).toEqual({ name: 'Ana' });
    expect(shard(() => 'most_complete').data).toEqual({ name: 'Ana Novak' });
  });
});

describe('a merge', () => {
  it('has the same data whichever side survives, unless both were edited', () => {
    fc.assert(
      fc.property(sources, sources, edit, strategy, (left, right, change, which) => {
        const how: StrategyOf = () => which;
        const a = shardOf('shd_a', left, how, change);
        const b = shardOf('shd_b', right, how, {});
        expect(absorbShard(b, a, 'i', how, cause).data).toEqual(absorbShard(a, b, 'i', how, cause).data);
      }),
    );
  });

  it('prefers what the strategy says where a value was edited here', () => {
    const a = shardOf('shd_a', [[{ name: 'Old' }, '2029-01-01']], () => 'newest', { name: 'Edited' });
    const b = shardOf('shd_b', [[{ name: 'New and long' }, '2029-02-01']], () => 'newest', {});
    const merged = strategies.map((which) => absorbShard(a, b, 'i', () => which, cause).data['name']);
    expect(merged).toEqual(['New and long', 'Edited', 'Edited', 'New and long']);
  });

  it('and its undo leave both as they were', () => {
    fc.assert(
      fc.property(sources, sources, edit, edit, strategy, (left, right, one, other, which) => {
        const how: StrategyOf = () => which;
        const survivor = shardOf('shd_a', left, how, one);
        const loser = shardOf('shd_b', right, how, other);
        const now = absorbShard(survivor, loser, 'i', how, cause);
        const sides = { survivor, loser, now };
        const tomb = tombstone(loser, survivor.id, { mergeId: 'm', imageId: 'j' }, cause);
        expect(restoreShard(sides, tomb, loser.sources, how, cause)).toMatchObject({
          data: loser.data,
          sources: loser.sources,
          status: 'active',
        });
        const released = releaseSources(sides, survivor.sources, how, cause);
        expect(released.data).toEqual(survivor.data);
        expect(released.sources).toEqual(survivor.sources);
        expect(released.absorbed).toBeUndefined();
      }),
    );
  });
});
