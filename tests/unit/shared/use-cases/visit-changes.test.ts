import { expect, test } from 'vitest';
import { eventDocument } from '../../../../shared/core/documents/event.ts';
import { visitChanges } from '../../../../shared/use-cases/visit-changes.ts';
import { createMemoryDeps } from '../../../kit/memory-ports.ts';
import { sampleEvent, sampleTenant } from '../../../kit/sample-documents.ts';

const feed = { name: 'a-feed', schema: eventDocument };
const asDelivered = (document: object) => ({ ...document, _etag: '"1"', _lsn: 7, _rid: 'x', _ts: 1 });
const batch = (documents: readonly object[], failures = 0) => ({
  documents: documents.map(asDelivered),
  invocationId: 'invocation',
  failures,
});

test('each tenant sees its own changes, in their order, without what the service adds', async () => {
  const deps = createMemoryDeps();
  const [one, other] = [sampleTenant(), sampleTenant()];
  const events = [sampleEvent(one), sampleEvent(other), sampleEvent(one)];
  const seen: unknown[] = [];
  await visitChanges(deps, feed, batch(events), async (scope, documents) => {
    seen.push([scope.tenantId, documents]);
  });
  expect(seen).toEqual([
    [one, [events[0], events[2]]],
    [other, [events[1]]],
  ]);
  expect(deps.poison.all()).toEqual([]);
});

test('what does not parse is set aside at once, and the others are worked on', async () => {
  const deps = createMemoryDeps();
  const tenant = sampleTenant();
  const good = sampleEvent(tenant);
  const seen: string[] = [];
  const bad = { ...sampleEvent(tenant), type: 'no.such' };
  await visitChanges(deps, feed, batch([bad, good, { id: 'x' }]), async (_scope, documents) => {
    seen.push(...documents.map(({ id }) => id));
  });
  expect(seen).toEqual([good.id]);
  expect(deps.poison.all()).toMatchObject([
    { tenantId: tenant, feed: 'a-feed', documentId: bad.id, reason: expect.stringContaining('/type') },
  ]);
  expect(deps.log.alerts).toHaveLength(2);
});

test('a document of another kind is none of this feed', async () => {
  const deps = createMemoryDeps();
  await visitChanges(deps, { ...feed, kind: 'mine' }, batch([{ ...sampleEvent('t'), kind: 'other' }]), async () => {
    throw new Error('nothing is to be visited');
  });
  expect(deps.log.alerts).toEqual([]);
});

test('one that fails is delivered again, without keeping the others; in the end it is set aside', async () => {
  const deps = createMemoryDeps();
  const tenant = sampleTenant();
  const events = [sampleEvent(tenant), sampleEvent(tenant), sampleEvent(tenant)];
  const broken = events[1]?.id ?? '';
  const worked = new Set<string>();
  const visit = async (_scope: unknown, documents: readonly { id: string }[]) => {
    for (const { id } of documents) {
      if (id === broken) throw new Error('it cannot be worked on');
      worked.add(id);
    }
  };
  for (let failures = 0; failures < 4; failures += 1) {
    await expect(visitChanges(deps, feed, batch(events, failures), visit)).rejects.toThrow('it cannot be worked on');
    expect(worked.size).toBe(2);
    expect(deps.poison.all()).toEqual([]);
  }
  await visitChanges(deps, feed, batch(events, 4), visit);
  expect(deps.poison.all()).toMatchObject([{ documentId: broken, reason: 'Error: it cannot be worked on' }]);
  expect(deps.log.alerts).toHaveLength(1);
});

test('while nothing can be noted either, the batch comes again', async () => {
  const deps = createMemoryDeps();
  deps.faults.onOperation = ({ port }) => {
    if (port === 'poison') throw new Error('the store is down');
  };
  const visit = async () => {
    throw new Error('the store is down');
  };
  await expect(visitChanges(deps, feed, batch([sampleEvent('t')], 9), visit)).rejects.toThrow('the store is down');
});
