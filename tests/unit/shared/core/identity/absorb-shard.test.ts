import { describe, expect, it } from 'vitest';
import type { ShardDocument } from '../../../../../shared/core/documents/shard.ts';
import { absorbShard } from '../../../../../shared/core/identity/absorb-shard.ts';
import { at, routeTo, TwoWayShard } from '../../../../kit/two-way-look.ts';

const routes = [routeTo('a', { policy: 'internal_wins' })];
const seen = (externalId: string) =>
  new TwoWayShard(routes).see({ externalId, record: { name: externalId }, second: 0 });
const cause = { kind: 'merge' as const, id: 'mrg_1', actorId: 'ana', at: at(50) };

function merge(left: TwoWayShard, right: TwoWayShard): ShardDocument {
  return absorbShard({ ...left.get(), id: 'shd_1' }, { ...right.get(), id: 'shd_2' }, 'image', () => 'newest', cause);
}

describe('two shards that become one', () => {
  it('stay deleted where both were deleted here and their records are still there', () => {
    const merged = merge(seen('p1').remove(10), seen('p2').remove(20));
    expect(merged).toMatchObject({ status: 'deleted', deletion: { by: 'ada', at: at(10) } });
  });

  it('live where only one was deleted', () => {
    const merged = merge(seen('p1'), seen('p2').remove(20));
    expect(merged.status).toBe('active');
    expect(merged.deletion).toBeUndefined();
  });

  it('keep a list whole that was edited here', () => {
    const tags = ['x', 'y', 'z'];
    expect(merge(seen('p1').edit(10, { tags }), seen('p2')).data['tags']).toEqual(tags);
    expect(merge(seen('p1'), seen('p2').edit(10, { tags })).data['tags']).toEqual(tags);
  });

  it('live where a record that is gone is to be created anew, since it was edited here', () => {
    const edited = seen('p1').edit(10, { name: 'Edited' }).see({ externalId: 'p1', second: 20 });
    const gone = seen('p2').see({ externalId: 'p2', second: 20 });
    expect([edited.get().status, gone.get().status]).toEqual(['active', 'deleted']);
    expect(merge(edited, gone)).toMatchObject({ status: 'active', data: { name: 'Edited' } });
  });
});
