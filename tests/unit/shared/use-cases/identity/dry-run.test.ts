import { describe, expect, it } from 'vitest';
import { dryRunConversionSchema } from '../../../../../shared/use-cases/dry-run-conversion-schema.ts';
import { createMatchedHarness, livingShards, setRules } from '../../../../kit/matched-run.ts';
import type { SyncHarness } from '../../../../kit/sync-harness.ts';
import { publishTargets } from '../publish-targets.ts';

const before = '2030-01-01T00:00:00.000Z';
const later = '2030-01-02T00:00:00.000Z';

/** One person who is there twice: the younger record says more. */
async function begin(strategy: 'newest' | 'most_complete'): Promise<SyncHarness> {
  const harness = await createMatchedHarness();
  for (const { id } of harness.provider.records()) harness.provider.forget(id);
  await publishTargets(harness, [
    { shardTypeId: 'contact', fields: ['name', 'email'].map((field) => ({ to: field, from: field })) },
  ]);
  setRules(harness, 2, { strategy });
  harness.provider.put('a', { name: 'Ana', email: 'ana@x.si' }, before);
  harness.provider.put('b', { name: 'Ana Maria Novak', email: 'ana@x.si' }, later);
  await harness.run('full');
  expect(livingShards(harness)).toMatchObject([{ data: { name: 'Ana Maria Novak' } }]);
  return harness;
}

async function dryRun(harness: SyncHarness, limit: number) {
  const { integrationId, objects } = await harness.task();
  const [object] = objects;
  if (object === undefined || 'fields' in object) throw new Error('no conversion schema');
  const { body } = await dryRunConversionSchema(harness.deps, harness.scope, {
    params: { integrationId, conversionSchemaId: object.conversionSchemaId },
    query: undefined,
    body: { limit },
    ifMatch: undefined,
    attempt: { at: harness.deps.now(), repeated: false },
  });
  return body.shards;
}

describe('a dry run over records of which several are one shard', () => {
  it('shows what a run does: the newest value holds', async () => {
    const harness = await begin('newest');
    harness.provider.put('a', { name: 'Ana Kos', email: 'ana@x.si' }, '2030-01-03T00:00:00.000Z');
    const [shard] = livingShards(harness);
    expect(await dryRun(harness, 2)).toMatchObject([
      {
        externalId: 'a',
        shardId: shard?.id,
        outcome: 'updated',
        fields: [{ field: 'name', before: 'Ana Maria Novak', after: 'Ana Kos' }],
      },
      { externalId: 'b', outcome: 'unchanged' },
    ]);
    await harness.run('full');
    expect(livingShards(harness)).toMatchObject([{ data: { name: 'Ana Kos' } }]);
  });

  it('goes by the strategy of the match rules', async () => {
    const harness = await begin('most_complete');
    harness.provider.put('a', { name: 'Ana Kos', email: 'ana@x.si' }, '2030-01-03T00:00:00.000Z');
    expect(await dryRun(harness, 1)).toMatchObject([{ externalId: 'a', outcome: 'unchanged' }]);
    await harness.run('full');
    expect(livingShards(harness)).toMatchObject([{ data: { name: 'Ana Maria Novak' } }]);
  });

  it('follows a shard that was merged, as long as its link does not know', async () => {
    const harness = await begin('newest');
    harness.provider.put('c', { name: 'Ana C', email: 'c@x.si' }, later);
    await harness.run('full');
    const link = (await harness.links()).find(({ externalId }) => externalId === 'c');
    if (link === undefined) throw new Error('no link');
    harness.provider.put('c', { name: 'Ana C', email: 'ana@x.si' }, later);
    await harness.run('full');
    const [shard, ...others] = livingShards(harness);
    expect(others).toEqual([]);
    const now = (await harness.links()).find(({ id }) => id === link.id);
    const tomb = harness.deps.shards.all().find(({ status }) => status === 'merged');
    if (now === undefined || tomb === undefined) throw new Error('not merged');
    harness.deps.links.put(harness.scope, { kind: 'upsert', document: { ...now, shardId: tomb.id } });
    const found = (await dryRun(harness, 3)).find(({ externalId }) => externalId === 'c');
    expect(found).toMatchObject({ shardId: shard?.id, outcome: 'unchanged' });
  });
});
