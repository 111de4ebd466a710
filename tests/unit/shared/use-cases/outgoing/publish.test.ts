import { describe, expect, test } from 'vitest';
import { publishEvent as route } from '../../../../../shared/contracts/events.ts';
import type { ShardDocument } from '../../../../../shared/core/documents/shard.ts';
import { announceShardChanges } from '../../../../../shared/use-cases/outgoing/announce-shard-change.ts';
import { publishEvent } from '../../../../../shared/use-cases/outgoing/publish-event.ts';
import { createOutgoingHarness, type OutgoingHarness } from '../../../../kit/outgoing-harness.ts';
import { sampleId, sampleShard } from '../../../../kit/sample-documents.ts';

const shared = {
  id: 'theirs-1',
  type: 'project.shared',
  subject: 'project-1',
  data: { projectId: 'project-1', sharedBy: 'ana', sharedWith: ['bor'] },
};

const publish = ({ deps, scope }: OutgoingHarness, body: object) => {
  const parsed = route.body?.parse(body);
  if (parsed === undefined) throw new Error('The route has a body');
  const attempt = { at: deps.now(), repeated: false };
  return publishEvent(deps, scope, { params: undefined, query: undefined, ifMatch: undefined, body: parsed, attempt });
};

describe('an event that is published', () => {
  test('is kept and goes to those who want it', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe({ events: [{ type: 'project.*' }] });
    const { body } = await publish(harness, shared);
    expect(body).toMatchObject({ type: 'project.shared', version: 1, subject: 'project-1', data: shared.data });
    await harness.settle();
    expect(harness.dispatches()).toMatchObject([{ eventId: body.id, state: 'delivered' }]);
  });

  test('again under the same id is the same event, whenever that is; another one is refused', async () => {
    const harness = createOutgoingHarness();
    const first = await publish(harness, shared);
    harness.deps.clock.advance(86_400_000);
    expect(await publish(harness, shared)).toEqual(first);
    expect(harness.deps.events.all()).toHaveLength(1);
    await expect(publish(harness, { ...shared, subject: 'project-2' })).rejects.toMatchObject({
      code: 'already-exists',
      errors: [{ in: 'body', field: '/id' }],
    });
    await publish(harness, { ...shared, id: 'theirs-2' });
    expect(harness.deps.events.all()).toHaveLength(2);
  });

  test.each(['before', 'after'] as const)('whose process dies %s a step is published by the repeat', async (moment) => {
    for (const step of [1, 2]) {
      const harness = createOutgoingHarness();
      harness.deps.faults.crashAt(step, moment);
      await expect(publish(harness, shared)).rejects.toThrow();
      harness.deps.faults.restart();
      harness.deps.clock.advance(60_000);
      await publish(harness, shared);
      expect(harness.deps.events.all()).toHaveLength(1);
    }
  });

  test('may be of the past, not of the future', async () => {
    const harness = createOutgoingHarness();
    const { body } = await publish(harness, { ...shared, at: '2029-12-31T10:00:00Z' });
    expect(body.at).toBe('2029-12-31T10:00:00.000Z');
    const ahead = { ...shared, id: 'ahead', at: '2030-01-02T00:00:00Z' };
    await expect(publish(harness, ahead)).rejects.toMatchObject({ errors: [{ field: '/at' }] });
    // Ids sort by instant: it would be the newest of all, and in every replay.
    const ancient = { ...shared, id: 'ancient', at: '1969-12-31T00:00:00Z' };
    await expect(publish(harness, ancient)).rejects.toMatchObject({ errors: [{ field: '/at' }] });
  });

  test.each([
    ['a type of the system', { ...shared, type: 'sync.completed' }, ['type']],
    ['a missing field', { ...shared, data: { projectId: 'p', sharedBy: 'ana' } }, ['data', 'sharedWith']],
    ['a field too many', { ...shared, data: { ...shared.data, secret: 1 } }, ['data']],
    ['another version', { ...shared, version: 2 }, ['version']],
  ])('with %s is refused, and the place is named', (_what, body, path) => {
    expect(route.body?.safeParse(body).error?.issues[0]?.path).toEqual(path);
  });
});

describe('a change of a shard', () => {
  const integrationId = sampleId('integration');
  const source = {
    integrationId,
    object: 'companies',
    externalId: '1',
    externalBase: {},
    observed: { fence: 1, page: 0 },
    deleted: false,
    last: { executionId: 'exe', page: 0, outcome: 'created' as const },
  };
  const cause = { kind: 'run' as const, id: 'exe', actorId: 'clock' };
  const shardAt = (revision: number, at: string, changes: Partial<ShardDocument> = {}) =>
    sampleShard('acme', {
      revision,
      sources: { link: source },
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: at,
      cause: { ...cause, at },
      ...changes,
    });
  const show = ({ deps }: OutgoingHarness, shards: readonly ShardDocument[]) =>
    announceShardChanges(deps, { documents: shards, invocationId: 'feed', failures: 0 });
  const told = ({ deps }: OutgoingHarness) =>
    deps.events
      .all()
      .map(({ type, data }) => `${type} ${data['revision']}`)
      .sort();

  test('that nobody listens to writes nothing', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe({ events: [{ type: 'sync.*' }] });
    await harness.subscribe({ events: [{ type: 'shard.*', integrationId: sampleId('integration') }] });
    const before = harness.deps.faults.steps;
    await show(harness, [shardAt(1, '2030-01-01T00:00:00.000Z'), shardAt(3, '2030-01-01T00:00:05.000Z')]);
    expect(harness.deps.faults.steps).toBe(before);
  });

  test('is told once for each revision, however often it is shown and whatever else is written', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe({ events: [{ type: 'shard.*', integrationId }] });
    const first = shardAt(1, '2030-01-01T00:00:00.000Z');
    await show(harness, [first]);
    await show(harness, [first]);
    expect(told(harness)).toEqual(['shard.created 1']);
    const second = { ...first, revision: 2, cause: { ...cause, at: '2030-01-01T00:00:05.000Z' } };
    await show(harness, [second]);
    await show(harness, [{ ...second, updatedAt: '2030-01-01T00:00:09.000Z' }]);
    expect(told(harness)).toEqual(['shard.created 1', 'shard.updated 2']);
    expect(harness.deps.events.all().at(-1)).toMatchObject({
      subject: first.id,
      data: { shardId: first.id, integrationIds: [integrationId], status: 'active' },
    });
  });

  test('that came so soon that nobody saw the shard come to be is told with that', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe({ events: [{ type: 'shard.*' }] });
    await show(harness, [shardAt(4, '2030-01-01T00:00:00.500Z')]);
    expect(told(harness)).toEqual(['shard.created 1', 'shard.updated 4']);
  });

  test('from before anybody subscribed is not told', async () => {
    const harness = createOutgoingHarness();
    harness.deps.clock.advance(60_000);
    await harness.subscribe({ events: [{ type: 'shard.*' }] });
    await show(harness, [shardAt(2, '2030-01-01T00:00:30.000Z')]);
    expect(told(harness)).toEqual([]);
    await show(harness, [shardAt(3, '2030-01-01T00:01:30.000Z')]);
    expect(told(harness)).toEqual(['shard.updated 3']);
  });

  test('from so long ago that its event is not kept any more is not told anew', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe({ events: [{ type: 'shard.*' }] });
    harness.deps.clock.advance(31 * 86_400_000);
    // Another source was added to it just now: the feed shows it, its revision is the old one.
    await show(harness, [shardAt(2, '2030-01-01T00:00:05.000Z', { updatedAt: harness.deps.now().toISOString() })]);
    expect(told(harness)).toEqual([]);
  });

  test('of a shard that was merged says into which', async () => {
    const harness = createOutgoingHarness();
    await harness.subscribe({ events: [{ type: 'shard.updated' }] });
    const mergedInto = sampleId('shard');
    await show(harness, [shardAt(2, '2030-01-01T00:00:05.000Z', { status: 'merged', mergedInto, sources: {} })]);
    expect(harness.deps.events.all()).toMatchObject([{ data: { status: 'merged', mergedInto } }]);
  });
});
