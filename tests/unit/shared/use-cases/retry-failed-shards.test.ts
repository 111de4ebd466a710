import { describe, expect, it } from 'vitest';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { FailedRecordDocument } from '../../../../shared/core/documents/execution-details.ts';
import type { FieldInput, TargetInput } from '../../../kit/convert-with.ts';
import { createPerson, refusal } from '../../../kit/person.ts';
import { createSyncHarness, longAgo, type SyncHarness } from '../../../kit/sync-harness.ts';
import { publishTargets, shardsOf } from './publish-targets.ts';

const name = (from: string): FieldInput => ({ to: 'name', from, required: true });
const person = (from = 'name'): TargetInput => ({ shardTypeId: 'contact', fields: [name(from)] });
const employer = (from: string): TargetInput => ({
  shardTypeId: 'company',
  name: 'employer',
  externalId: 'company.id',
  fields: [name(from)],
});
const order = (fields: readonly FieldInput[], externalId = 'id'): TargetInput => ({
  shardTypeId: 'deal',
  name: 'orders',
  each: 'orders',
  externalId,
  fields: [...fields],
});

const failedOf = (harness: SyncHarness, { id }: Pick<ExecutionDocument, 'id'>): FailedRecordDocument[] =>
  harness.deps.runs.failedRecords.all().filter(({ executionId }) => executionId === id);

async function retryFailed(harness: SyncHarness, { id }: Pick<ExecutionDocument, 'id'>): Promise<ExecutionDocument> {
  return harness.finish((await createPerson(harness).retry(id, 'failed')).id);
}

/** Of three people with an employer each; `title` is what their names should have been read from. */
async function runWithFailures(targets: readonly TargetInput[]): Promise<{
  harness: SyncHarness;
  run: ExecutionDocument;
}> {
  const harness = await createSyncHarness({ pageSize: 2 });
  await publishTargets(harness, targets);
  for (const id of ['a', 'b', 'c'])
    harness.provider.put(id, { name: id, title: `Dr ${id}`, company: { id: `of-${id}`, title: `Of ${id}` } }, longAgo);
  return { harness, run: await harness.run() };
}

describe('a record that could feed one of its shards, but not another', () => {
  it('is set aside for that one, by its id and with its errors', async () => {
    const { harness, run } = await runWithFailures([person(), employer('company.name')]);
    expect(run).toMatchObject({ state: 'partial', counts: { received: 6, created: 3, failed: 3 } });
    expect(failedOf(harness, run)).toHaveLength(3);
    for (const failed of failedOf(harness, run)) {
      expect(failed).toMatchObject({
        object: 'people',
        shardTypeId: 'company',
        target: 'employer',
        externalId: `of-${failed.recordId}`,
        errors: [{ field: 'name' }],
      });
    }
  });

  it('is tried again for that one alone, with the version that is published now', async () => {
    const { harness, run } = await runWithFailures([person(), employer('company.name')]);
    const people = await shardsOf(harness, 'contact');
    await publishTargets(harness, [person('title'), employer('company.title')]);
    const asked = harness.provider.requests.length;
    const retried = await retryFailed(harness, run);
    expect(retried).toMatchObject({ state: 'succeeded', counts: { received: 3, created: 3 } });
    expect(harness.provider.requests).toHaveLength(asked);
    expect((await shardsOf(harness, 'company')).map(({ data }) => data['name']).sort()).toEqual([
      'Of a',
      'Of b',
      'Of c',
    ]);
    expect(await shardsOf(harness, 'contact')).toEqual(people);
    for (const failed of failedOf(harness, run))
      expect(failed).toMatchObject({ state: 'resolved', resolvedBy: retried.id });
    expect(await refusal(createPerson(harness).retry(run.id, 'failed'))).toBe('wrong-state');
  });

  it('stays failed for the shard that still is, when the other is taken', async () => {
    const { harness, run } = await runWithFailures([person('none'), employer('company.name')]);
    expect(run.counts).toMatchObject({ received: 6, failed: 6 });
    await publishTargets(harness, [person('none'), employer('company.title')]);
    const retried = await retryFailed(harness, run);
    expect(retried).toMatchObject({ state: 'partial', counts: { received: 6, created: 3, failed: 3 } });
    const statesOf = (shardTypeId: string) =>
      failedOf(harness, run).flatMap((each) => (each.shardTypeId === shardTypeId ? [each.state] : []));
    expect(statesOf('company')).toEqual(['resolved', 'resolved', 'resolved']);
    expect(statesOf('contact')).toEqual(['failed', 'failed', 'failed']);
    expect(
      failedOf(harness, retried)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(
      failedOf(harness, run)
        .flatMap(({ id, state }) => (state === 'failed' ? [id] : []))
        .sort(),
    );
  });

  it.each(['before', 'after'] as const)('is taken once, whatever step the retry crashes %s', async (moment) => {
    for (let step = 1; step <= 60; step += 1) {
      const { harness, run } = await runWithFailures([person('none'), employer('company.name')]);
      await publishTargets(harness, [person('none'), employer('company.title')]);
      const { id } = await createPerson(harness).retry(run.id, 'failed');
      harness.deps.faults.crashAt(step, moment);
      const retried = await harness.finish(id);
      harness.deps.faults.restart();
      expect(retried, `step ${step}`).toMatchObject({ state: 'partial', counts: { created: 3, failed: 3 } });
      expect(failedOf(harness, retried), `step ${step}`).toHaveLength(3);
      for (const { shardTypeId, state } of failedOf(harness, run))
        expect(state, `step ${step}`).toBe(shardTypeId === 'company' ? 'resolved' : 'failed');
      expect(await shardsOf(harness, 'company'), `step ${step}`).toHaveLength(3);
    }
  });

  it('is tried again one by one', async () => {
    const { harness, run } = await runWithFailures([person('none'), employer('company.name')]);
    await publishTargets(harness, [person(), employer('company.title')]);
    const wanted = failedOf(harness, run).find(({ externalId }) => externalId === 'of-b');
    if (wanted === undefined) throw new Error('no record');
    const retried = await harness.finish((await createPerson(harness).retryRecord(run.id, wanted.id)).id);
    expect(retried).toMatchObject({ state: 'succeeded', counts: { received: 1, created: 1 } });
    expect((await shardsOf(harness, 'company')).map(({ data }) => data['name'])).toEqual(['Of b']);
    expect(await shardsOf(harness, 'contact')).toEqual([]);
    expect(failedOf(harness, run).filter(({ state }) => state === 'resolved')).toMatchObject([{ id: wanted.id }]);
  });

  it('feeds what the mapping now makes of it, where its target has another name or is meant for others', async () => {
    const { harness, run } = await runWithFailures([person(), employer('company.name')]);
    const renamed = {
      ...employer('company.title'),
      name: 'firm',
      when: [{ field: 'name', is: 'not-equal', value: 'b' }],
    };
    await publishTargets(harness, [person(), renamed as TargetInput]);
    expect(await retryFailed(harness, run)).toMatchObject({
      state: 'succeeded',
      counts: { received: 3, created: 2, skipped: 1 },
    });
    expect(failedOf(harness, run).every(({ state }) => state === 'resolved')).toBe(true);
    const objects = (await harness.links()).filter(({ shardTypeId }) => shardTypeId === 'company');
    expect(objects.map(({ object }) => object)).toEqual(['people#firm', 'people#firm']);
  });

  it('waits for a version to be published when there is none', async () => {
    const { harness, run } = await runWithFailures([person(), employer('company.name')]);
    const [schema] = await harness.deps.conversionSchemas.list(harness.scope, {
      filters: [],
      order: 'ascending',
      limit: 1,
    });
    if (schema === undefined) throw new Error('no schema');
    const { published: _published, ...unpublished } = schema.document;
    await harness.deps.conversionSchemas.write(harness.scope, { kind: 'upsert', document: unpublished });
    expect(await refusal(createPerson(harness).retry(run.id, 'failed'))).toBe('not-published');
    await publishTargets(harness, [person(), employer('company.title')]);
    expect(await retryFailed(harness, run)).toMatchObject({ state: 'succeeded', counts: { created: 3 } });
  });
});

describe('items of a record', () => {
  const orders = [
    { id: 'o1', title: 'One' },
    { id: 'o2', name: 'Two' },
  ];

  it('fail and are tried again each for itself', async () => {
    const harness = await createSyncHarness();
    await publishTargets(harness, [order([name('name')])]);
    harness.provider.put('a', { orders }, longAgo);
    const run = await harness.run();
    expect(run.counts).toMatchObject({ received: 2, created: 1, failed: 1 });
    expect(failedOf(harness, run)).toMatchObject([{ externalId: 'o1', recordId: 'a', target: 'orders' }]);
    await publishTargets(harness, [order([name('title')])]);
    expect((await retryFailed(harness, run)).counts).toMatchObject({ received: 1, created: 1 });
    expect((await shardsOf(harness, 'deal')).map(({ data }) => data['name']).sort()).toEqual(['One', 'Two']);
  });

  it('that have no id are tried again together', async () => {
    const harness = await createSyncHarness();
    await publishTargets(harness, [order([{ to: 'name', from: 'name' }], 'number')]);
    harness.provider.put('a', { orders }, longAgo);
    const run = await harness.run();
    expect(run.counts).toMatchObject({ received: 2, failed: 2 });
    expect(failedOf(harness, run)).toMatchObject([{ externalId: 'a', errors: [{ field: '' }] }]);
    await publishTargets(harness, [order([{ to: 'name', from: 'name' }])]);
    expect((await retryFailed(harness, run)).counts).toMatchObject({ received: 2, created: 2 });
    expect(failedOf(harness, run)).toMatchObject([{ state: 'resolved' }]);
  });
});
