import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../shared/core/json.ts';
import {
  begin,
  email,
  erasedName,
  everything,
  exported,
  personId,
  prepare,
  start,
} from '../../../kit/erasure-harness.ts';
import { sampleShard } from '../../../kit/sample-documents.ts';
import { sampleJournalEntry } from '../../../kit/sample-journal.ts';
import type { SyncHarness } from '../../../kit/sync-harness.ts';

async function erase(harness: SyncHarness, shardId: string): Promise<void> {
  await start(harness, await prepare(harness, { of: 'person', shardId }));
  await harness.settle();
}

function documentOf(harness: SyncHarness, container: string, id: string): JsonObject | undefined {
  return harness.deps.estate.all('acme').find((each) => each.container === container && each.body['id'] === id)?.body;
}

describe('the erasure of a person leaves others theirs', () => {
  it('keeps a shard that refers to hers, and its history, without the reference', async () => {
    const { harness, shardId } = await begin();
    const { deps, scope } = harness;
    const data = { title: 'Roof', contact: shardId, team: ['shd_other', shardId], note: `see ${shardId}!` };
    const deal = sampleShard('acme', { shardTypeId: 'deal', data, text: `roof ${shardId}` });
    const entry = sampleJournalEntry('acme', {
      shardId: deal.id,
      image: { status: 'active', data: { title: 'Root', contact: shardId }, updatedAt: deal.updatedAt },
    });
    await deps.shards.write(scope, { kind: 'create', document: deal });
    await deps.journal.write(scope, { kind: 'create', document: entry });
    await erase(harness, shardId);
    const kept = (await deps.shards.get(scope, { id: deal.id }))?.document;
    expect(kept).toMatchObject({
      data: { title: 'Roof', team: ['shd_other'], note: 'see !' },
      revision: deal.revision,
    });
    expect(kept?.data).not.toHaveProperty('contact');
    expect(kept?.text).toContain('roof');
    const before = (await deps.journal.get(scope, { id: entry.id, partition: deal.id }))?.document;
    expect(before?.image.data).toEqual({ title: 'Root' });
    expect(everything(harness)).not.toContain(shardId);
  });

  it('keeps deliveries about a record of another integration that has the same id', async () => {
    const { harness, shardId } = await begin();
    const other = {
      id: 'dlv_3',
      tenantId: 'acme',
      integrationId: 'int_other',
      recordKeys: [`people/${personId}`],
      body: {},
    };
    harness.deps.deliveries.plant('acme', other as never);
    await erase(harness, shardId);
    expect(documentOf(harness, 'deliveries', 'dlv_3')).toBeDefined();
  });

  it('keeps what a push lane is about to write for others', async () => {
    const { harness, shardId } = await begin();
    const intents = [
      { shardId, data: { name: erasedName } },
      { shardId: 'shd_other', data: { name: 'Other' } },
    ];
    const lane = { id: 'push.int_a', tenantId: 'acme', kind: 'push-lane', batch: { id: 'b', sentAtMs: 1, intents } };
    harness.deps.pushLanes.plant('acme', { ...lane, scan: { shardTypeIds: ['contact'], afterId: shardId } } as never);
    await erase(harness, shardId);
    expect(documentOf(harness, 'leases', 'push.int_a')).toMatchObject({
      batch: { id: 'b', intents: [{ shardId: 'shd_other' }] },
      scan: { shardTypeIds: ['contact'] },
    });
    expect(everything(harness)).not.toContain(erasedName);
  });
});

describe('the erasure of a person reaches', () => {
  it('records that came to her after it was prepared', async () => {
    const { harness, shardId } = await begin();
    const { deps, scope } = harness;
    const id = await prepare(harness, { of: 'person', shardId });
    const [link] = (await harness.links()).filter((each) => each.shardId === shardId);
    const shard = await deps.shards.get(scope, { id: shardId });
    const source = shard?.document.sources[link?.id ?? ''];
    if (shard === undefined || link === undefined || source === undefined) throw new Error('She is not there');
    const second = { ...link, id: 'second-link-of-hers-22', externalId: 'second-record' };
    await deps.links.write(scope, { kind: 'create', document: second });
    const sources = { ...shard.document.sources, [second.id]: { ...source, externalId: second.externalId } };
    await deps.shards.write(scope, { kind: 'replace', document: { ...shard.document, sources }, etag: shard.etag });
    const { integrationId } = await harness.task();
    const about = { id: 'dlv_4', tenantId: 'acme', integrationId, recordKeys: ['people/second-record'], body: {} };
    deps.deliveries.plant('acme', about as never);
    await start(harness, id);
    await harness.settle();
    expect(everything(harness)).not.toContain('second-record');
  });

  it('what a slice that had begun before it writes half a minute later', async () => {
    const { harness, shardId } = await begin();
    const { deps, scope } = harness;
    const shard = await deps.shards.get(scope, { id: shardId });
    const [link] = (await harness.links()).filter((each) => each.shardId === shardId);
    if (shard === undefined || link === undefined) throw new Error('She is not there');
    const id = await prepare(harness, { of: 'person', shardId });
    await start(harness, id);
    const begunAtMs = deps.clock.nowMs();
    let isWritten = false;
    const writeLate = async () => {
      if (isWritten) return;
      isWritten = true;
      await deps.links.write(scope, { kind: 'upsert', document: link });
      await deps.shards.write(scope, { kind: 'upsert', document: shard.document });
    };
    deps.faults.onOperation = async () => {
      if (deps.clock.nowMs() >= begunAtMs + 30_000) await writeLate();
    };
    await harness.settle();
    await writeLate();
    for (const trace of [shardId, personId, email]) expect(everything(harness).includes(trace), trace).toBe(false);
    expect(deps.erasures.all()).toMatchObject([{ state: 'done' }]);
  });

  it('the hashed ids of her links in pages, in lists of missing links and in ended rollbacks', async () => {
    const { harness, shardId } = await begin();
    const [link] = (await harness.links()).filter((each) => each.shardId === shardId);
    const hashed = link?.id.slice(0, 10) ?? '';
    const before = harness.deps.runs.pages.all().filter(({ seen }) => seen?.includes(hashed));
    expect(before.length).toBeGreaterThan(0);
    const rollback = { ...(await harness.deps.runs.executions.all()[0]), id: 'exe_r', executionId: 'exe_r' };
    const checkpoint = { objectIndex: 1, restarted: false, cursor: `${shardId}.0000000001.x` };
    harness.deps.runs.executions.plant('acme', { ...rollback, checkpoint } as never, 'exe_r');
    await erase(harness, shardId);
    expect(everything(harness)).not.toContain(hashed);
    const lengths = harness.deps.runs.pages.all().map(({ seen = '' }) => seen.length % 10);
    expect(new Set(lengths)).toEqual(new Set([0]));
  });

  it('deliveries that were never read, or are about more records than they name', async () => {
    const { harness, shardId } = await begin();
    const { integrationId } = await harness.task();
    const body = (text: string) => ({ kind: 'inline', encoding: 'utf-8', content: text, bytes: 1, sha256: 'x' });
    const plant = (id: string, state: string, text: string, keys: string[] = []) =>
      harness.deps.deliveries.plant('acme', {
        id,
        tenantId: 'acme',
        integrationId,
        state,
        recordKeys: keys,
        body: body(text),
      } as never);
    const hundred = Array.from({ length: 100 }, (_, index) => `people/p${index}`);
    plant('dlv_ignored', 'ignored', JSON.stringify({ id: personId, name: erasedName }));
    plant('dlv_long', 'processed', JSON.stringify([{ id: personId, name: erasedName }]), hundred);
    plant('dlv_other', 'ignored', JSON.stringify({ id: `${personId}0`, name: 'Other' }));
    plant('dlv_new', 'received', JSON.stringify({ id: personId }));
    await erase(harness, shardId);
    const left = ['dlv_ignored', 'dlv_long', 'dlv_other', 'dlv_new'].filter(
      (id) => documentOf(harness, 'deliveries', id) !== undefined,
    );
    // One that is still to be processed is: then it names its records.
    expect(left).toEqual(['dlv_other', 'dlv_new']);
  });
});

it('an export holds the bodies that are kept in Blobs', async () => {
  const { harness, shardId } = await begin();
  const text = await exported(harness, await prepare(harness, { of: 'person', shardId }));
  expect(text).toContain(Buffer.from(JSON.stringify({ name: erasedName, email })).toString('base64'));
});
