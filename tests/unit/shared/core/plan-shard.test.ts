import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, shortHash } from '../../../../shared/core/canonical.ts';
import type { Feed } from '../../../../shared/core/conversion/compile-schema.ts';
import type { LinkDocument } from '../../../../shared/core/documents/link.ts';
import type { ShardDocument } from '../../../../shared/core/documents/shard.ts';
import { shardDocument } from '../../../../shared/core/documents/shard.ts';
import { readPath, writePath } from '../../../../shared/core/field-path.ts';
import type { JsonObject } from '../../../../shared/core/json.ts';
import type { MergeInput } from '../../../../shared/core/merge-source.ts';
import type { Observation, Sighting } from '../../../../shared/core/observation.ts';
import { planShard } from '../../../../shared/core/plan-shard.ts';

function mappingOf(...paths: readonly string[]): Feed {
  return { object: 'people', shardTypeId: 'contact', paths: paths.map((path) => path.split('.')) };
}

const link: LinkDocument = {
  id: 'link',
  tenantId: 'acme',
  schemaVersion: 1,
  integrationId: 'int_1',
  object: 'people',
  externalId: 'p1',
  shardTypeId: 'contact',
  shardId: 'shd_1',
  state: 'pending',
  observed: { fence: 1, page: 0 },
};

interface Look {
  readonly record?: JsonObject;
  readonly deleted?: boolean;
  readonly version?: number;
  readonly mapping?: Feed;
  readonly sighting?: Partial<Sighting>;
}

/** Applies one look at the record to the shard, as the engine does. */
function look(shard: ShardDocument | undefined, at: Look) {
  const feed = at.mapping ?? mappingOf('name', 'address.city');
  const input: MergeInput = {
    tenantId: 'acme',
    integrationId: 'int_1',
    sighting: { executionId: 'exe_1', page: 0, fence: 1, ...at.sighting },
    now: '2030-01-01T00:00:00.000Z',
    cause: { kind: 'run', id: 'exe_1', actorId: 'sync-pages', at: '2030-01-01T00:00:00.000Z' },
  };
  const data: JsonObject = {};
  for (const path of feed.paths) {
    const value = readPath(at.record ?? {}, path);
    if (value !== undefined && at.deleted !== true) writePath(data, path, value);
  }
  const observation: Observation = {
    linkId: 'link',
    feed,
    externalId: 'p1',
    deleted: at.deleted === true,
    data,
    hash: shortHash(canonicalText(data)),
    version: at.version,
  };
  const plan = planShard(input, link, observation, shard);
  return { plan, shard: plan.kind === 'write' ? shardDocument.parse(plan.document) : shard, observation };
}

describe('a shard', () => {
  it('keeps our value of a field that the provider left alone, and takes the one it changed', () => {
    const first = look(undefined, { record: { name: 'One', address: { city: 'Ptuj' } } }).shard;
    if (first === undefined) throw new Error('no shard');
    const ours: ShardDocument = { ...first, data: { name: 'Ours', address: { city: 'Ours' }, note: 'kept' } };
    const { plan, shard } = look(ours, {
      record: { name: 'One', address: { city: 'Maribor' } },
      sighting: { executionId: 'exe_2', fence: 2 },
    });
    expect(plan).toMatchObject({ kind: 'write', outcome: 'updated' });
    expect(shard?.data).toEqual({ name: 'Ours', address: { city: 'Maribor' }, note: 'kept' });
  });

  it('is deleted when no source has it, and comes back with the record', () => {
    const first = look(undefined, { record: { name: 'One' } }).shard;
    const gone = look(first, { deleted: true, sighting: { fence: 2 } });
    expect(gone.shard).toMatchObject({ status: 'deleted', data: { name: 'One' } });
    const back = look(gone.shard, { record: { name: 'One' }, sighting: { fence: 3 } });
    expect(back.plan).toMatchObject({ kind: 'write', outcome: 'created' });
    expect(back.shard?.status).toBe('active');
  });

  it('is not moved back by an older version, nor by an older look where there is no version', () => {
    const first = look(undefined, { record: { name: 'New' }, version: 5 }).shard;
    expect(look(first, { record: { name: 'Old' }, version: 4, sighting: { fence: 9 } }).plan.kind).toBe('stale');
    const unversioned = look(undefined, { record: { name: 'New' }, sighting: { fence: 5, page: 3 } }).shard;
    const older: Partial<Sighting>[] = [
      { executionId: 'exe_2', fence: 4, page: 9 },
      { executionId: 'exe_2', fence: 5, page: 2 },
    ];
    for (const sighting of older) {
      expect(look(unversioned, { record: { name: 'Old' }, sighting }).plan).toEqual({
        kind: 'stale',
        outcome: undefined,
      });
    }
  });

  it('confirmed by a later look gets written, so that an earlier look can no longer be; its revision stays', () => {
    const first = look(undefined, { record: { name: 'One' }, version: 5 }).shard;
    const again = look(first, { record: { name: 'One' }, version: 7, sighting: { executionId: 'exe_2', fence: 2 } });
    expect(again.plan).toMatchObject({ kind: 'write', outcome: 'unchanged' });
    expect(again.shard).toMatchObject({ revision: 1, data: { name: 'One' } });
    const stale = look(again.shard, { record: { name: 'Between' }, version: 6, sighting: { fence: 3 } });
    expect(stale.plan.kind).toBe('stale');
  });

  it('forgets a field that one of two mappings no longer finds', () => {
    const narrow = mappingOf('name');
    const first = look(undefined, { record: { name: 'One', address: { city: 'Ptuj' } } }).shard;
    const second = look(first, { mapping: narrow, record: { name: 'One' }, sighting: { fence: 2 } }).shard;
    expect(second?.data).toEqual({ name: 'One', address: { city: 'Ptuj' } });
    const third = look(second, { record: { name: 'One' }, sighting: { fence: 3 } }).shard;
    expect(third?.data).toEqual({ name: 'One' });
  });
});

const leaf = fc.oneof(
  fc.constantFrom<null | string | number | boolean>(null, '', 'a', 'b', 0, 1, true),
  fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
);
const record = fc.record(
  {
    name: leaf,
    note: leaf,
    address: fc.record({ city: leaf, street: fc.record({ line: leaf }, { requiredKeys: [] }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
const looks = fc.array(fc.record({ record, deleted: fc.boolean(), same: fc.boolean() }), {
  minLength: 1,
  maxLength: 8,
});

describe('whatever one source shows in turn', () => {
  it('the shard shows what it showed last, and a repeated look changes nothing', () => {
    const mapping = mappingOf('name', 'note', 'address.city', 'address.street.line');
    fc.assert(
      fc.property(looks, (sequence) => {
        let shard: ShardDocument | undefined;
        for (const [index, { record: shown, deleted }] of sequence.entries()) {
          const at: Look = {
            mapping,
            record: structuredClone(shown) as JsonObject,
            deleted: deleted && shard !== undefined,
            sighting: { executionId: 'exe_1', page: index, fence: 1 },
          };
          const { shard: next, observation } = look(shard, at);
          shard = next;
          if (at.deleted === true) {
            expect(shard?.status).toBe('deleted');
          } else {
            expect(shard?.status).toBe('active');
            expect(shard?.data).toEqual(observation.data);
          }
          expect(look(shard, at).plan.kind).toBe('in-place');
        }
      }),
    );
  });

  it('the newest version wins, in whatever order the looks arrive', () => {
    const versions = fc.uniqueArray(fc.record({ version: fc.nat(20), record }), {
      selector: (each) => each.version,
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(versions, (sequence) => {
        const mapping = mappingOf('name', 'note', 'address.city', 'address.street.line');
        let shard: ShardDocument | undefined;
        for (const [page, shown] of sequence.entries()) {
          const { version } = shown;
          shard = look(shard, { mapping, version, record: shown.record as JsonObject, sighting: { page } }).shard;
        }
        const newest = sequence.reduce((best, each) => (each.version > best.version ? each : best));
        const wanted = look(undefined, { mapping, record: newest.record as JsonObject }).observation.data;
        expect(shard?.data).toEqual(wanted);
      }),
    );
  });
});
