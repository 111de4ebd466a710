import { describe, expect, it } from 'vitest';
import { changeShard } from '../../../../../shared/core/change-shard.ts';
import type { ShardDocument } from '../../../../../shared/core/documents/shard.ts';
import type { Stored } from '../../../../../shared/core/ports.ts';
import { systemScope } from '../../../../../shared/core/scope.ts';
import { putShard, putShards } from '../../../../../shared/use-cases/put-shards.ts';
import { createMemoryDeps, type MemoryDeps } from '../../../../kit/memory-ports.ts';
import { sampleShard } from '../../../../kit/sample-documents.ts';
import { sampleCause } from '../../../../kit/sample-journal.ts';
import { traceparent } from '../../../../kit/sync-harness.ts';

const scope = systemScope('acme', 'test', traceparent);

async function put(deps: MemoryDeps, change: Partial<ShardDocument> = {}): Promise<Stored<ShardDocument>> {
  const document = sampleShard('acme', { data: { name: 'One' }, text: 'one', ...change });
  const result = await putShard(deps, scope, { before: undefined, document });
  if (!result.ok) throw new Error('the shard is there already');
  return { document, etag: result.etag };
}

describe('putShards', () => {
  it('journals nothing for a new shard, and the revision that it was for a changed one', async () => {
    const deps = createMemoryDeps();
    const before = await put(deps);
    expect(deps.journal.all()).toEqual([]);
    const document = changeShard(before.document, { data: { name: 'Two' } }, sampleCause({ id: 'exe_2' }), []);
    expect(await putShard(deps, scope, { before, document })).toMatchObject({ ok: true });
    expect(document.revision).toBe(before.document.revision + 1);
    expect(deps.journal.all()).toMatchObject([
      {
        shardId: document.id,
        revision: before.document.revision,
        cause: { id: 'exe_2' },
        image: { status: 'active', data: { name: 'One' } },
      },
    ]);
  });

  it('journals nothing when only what the sources show was changed', async () => {
    const deps = createMemoryDeps();
    const before = await put(deps);
    const document = changeShard(before.document, { data: { name: 'One' }, sources: {} }, sampleCause(), []);
    expect(document).toEqual({ ...before.document, sources: {} });
    expect(await putShard(deps, scope, { before, document })).toMatchObject({ ok: true });
    expect(deps.journal.all()).toEqual([]);
  });

  it('keeps an entry for each of two writers of one revision, of whom one loses; repeating adds none', async () => {
    const deps = createMemoryDeps();
    const before = await put(deps);
    const writes = ['exe_2', 'exe_3', 'exe_3'].map((id) => ({
      before,
      document: changeShard(before.document, { status: 'deleted' }, sampleCause({ id }), []),
    }));
    for (const write of writes) await putShards(deps, scope, [write]);
    expect(deps.journal.all().map(({ cause }) => cause.id)).toEqual(expect.arrayContaining(['exe_2', 'exe_3']));
    expect(deps.journal.all()).toHaveLength(2);
    expect(deps.shards.all()[0]).toMatchObject({ status: 'deleted', cause: { id: 'exe_2' } });
  });

  it('journals before it writes: a crash between the two loses no before-image', async () => {
    const deps = createMemoryDeps();
    const before = await put(deps);
    const document = changeShard(before.document, { data: {} }, sampleCause(), []);
    deps.faults.crashAt(2, 'before');
    await expect(putShard(deps, scope, { before, document })).rejects.toThrow('Crashed');
    deps.faults.restart();
    expect(deps.journal.all()).toHaveLength(1);
    expect(deps.shards.all()).toEqual([before.document]);
    expect(await putShard(deps, scope, { before, document })).toMatchObject({ ok: true });
    expect(deps.journal.all()).toHaveLength(1);
  });

  it('refuses a revision that does not say what made it', async () => {
    const deps = createMemoryDeps();
    const before = await put(deps);
    const { cause: _cause, ...document } = { ...before.document, revision: 9 };
    await expect(putShard(deps, scope, { before, document })).rejects.toThrow('does not say what made it');
  });
});
