import { CosmosClient } from '@azure/cosmos';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CosmosServer, startCosmos } from '../../../local/cosmos/server.ts';
import { spareHashing } from '../../../shared/azure/spare-hashing.ts';
import { MemoryLog } from '../../kit/memory-services.ts';
import { sampleDue, sampleExecution, sampleLink, samplePage, sampleTenant } from '../../kit/sample-documents.ts';
import { etagOf } from './collection-suite.ts';
import { openStores } from './cosmos-harness.ts';
import {
  answerWith,
  type FaultyProxy,
  loseAnswer,
  loseRequest,
  startFaultyProxy,
  throttleHalf,
} from './faulty-proxy.ts';
import { type Stores, scopeOf } from './port-harness.ts';

let server: CosmosServer;
let proxy: FaultyProxy;
let stores: Stores;

beforeAll(async () => {
  server = await startCosmos();
  proxy = await startFaultyProxy(server.endpoint);
  stores = openStores(proxy.endpoint, server.key, new MemoryLog());
  await stores.links.get(scopeOf('t'), { id: 'warm-up' });
});
afterEach(() => {
  expect(proxy.faults).toEqual([]);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

describe('answers that are lost after the work was done', () => {
  test('a create counts as done, with the ETag that holds', async () => {
    const scope = scopeOf(sampleTenant());
    const document = sampleLink(scope.tenantId);
    proxy.faults.push(loseAnswer);
    const etag = etagOf(await stores.links.write(scope, { kind: 'create', document }));
    expect(await stores.links.get(scope, { id: document.id })).toEqual({ document, etag });
    etagOf(await stores.links.write(scope, { kind: 'replace', document: { ...document, state: 'settled' }, etag }));
  });

  test('a replace counts as done', async () => {
    const scope = scopeOf(sampleTenant());
    const document = sampleLink(scope.tenantId);
    const first = etagOf(await stores.links.write(scope, { kind: 'create', document }));
    const settled = { ...document, state: 'settled' as const };
    proxy.faults.push(loseAnswer, loseAnswer);
    const etag = etagOf(await stores.links.write(scope, { kind: 'replace', document: settled, etag: first }));
    expect(await stores.links.get(scope, { id: document.id })).toEqual({ document: settled, etag });
  });

  test("someone else's document is not taken for our own", async () => {
    const scope = scopeOf(sampleTenant());
    const theirs = sampleLink(scope.tenantId);
    const etag = etagOf(await stores.links.write(scope, { kind: 'create', document: theirs }));
    const ours = { ...theirs, shardId: sampleLink(scope.tenantId).shardId };
    proxy.faults.push(loseAnswer);
    expect(await stores.links.write(scope, { kind: 'create', document: ours })).toEqual({
      ok: false,
      reason: 'exists',
    });
    proxy.faults.push(loseAnswer);
    const replace = { kind: 'replace' as const, document: ours, etag: '"another"' };
    expect(await stores.links.write(scope, replace)).toEqual({ ok: false, reason: 'stale' });
    expect(await stores.links.get(scope, { id: theirs.id })).toEqual({ document: theirs, etag });
  });

  test('an equal document that was there before is still not ours', async () => {
    const scope = scopeOf(sampleTenant());
    const document = sampleLink(scope.tenantId);
    etagOf(await stores.links.write(scope, { kind: 'create', document }));
    expect(await stores.links.write(scope, { kind: 'create', document })).toEqual({ ok: false, reason: 'exists' });
  });

  test('many writes: those that were lost and those that were not', async () => {
    const scope = scopeOf(sampleTenant());
    const documents = Array.from({ length: 250 }, () => sampleLink(scope.tenantId));
    proxy.faults.push(loseAnswer, loseRequest);
    const results = await stores.links.writeMany(
      scope,
      documents.map((document) => ({ kind: 'create', document })),
    );
    const etags = results.map(etagOf);
    const read = await stores.links.getMany(
      scope,
      documents.map(({ id }) => ({ id })),
    );
    expect(read).toEqual(documents.map((document, index) => ({ document, etag: etags[index] })));
  });

  test('a removal is a removal', async () => {
    const scope = scopeOf(sampleTenant());
    const document = sampleLink(scope.tenantId);
    const etag = etagOf(await stores.links.write(scope, { kind: 'create', document }));
    proxy.faults.push(loseAnswer);
    expect(await stores.links.remove(scope, { id: document.id }, etag)).toBe('removed');
    expect(await stores.links.remove(scope, { id: document.id })).toBe('gone');
  });

  test('a committed page is committed', async () => {
    const scope = scopeOf(sampleTenant());
    const execution = sampleExecution(scope.tenantId);
    const created = etagOf(await stores.runs.executions.write(scope, { kind: 'create', document: execution }));
    const page = samplePage(scope.tenantId, { executionId: execution.id, state: 'applied' });
    const moved = { ...execution, pages: 1 };
    proxy.faults.push(loseAnswer);
    const etag = etagOf(await stores.runs.commit(scope, { execution: moved, page }, created));
    const key = { id: execution.id, partition: execution.id };
    expect(await stores.runs.executions.get(scope, key)).toEqual({ document: moved, etag });
    proxy.faults.push(loseAnswer);
    const stale = await stores.runs.commit(scope, { execution: { ...moved, pages: 9 }, page }, created);
    expect(stale).toEqual({ ok: false, reason: 'stale' });
  });

  test('a moved entry of the clock is moved', async () => {
    const entry = sampleDue(sampleTenant());
    proxy.faults.push(loseAnswer);
    await stores.due.put(entry);
    const stored = await stores.due.get(entry);
    if (stored === undefined) throw new Error('It was put');
    proxy.faults.push(loseAnswer);
    expect(await stores.due.reschedule(stored, '2031-01-01T00:00:00.000Z')).toBe('moved');
    proxy.faults.push(loseAnswer);
    expect(await stores.due.reschedule(stored, '2032-01-01T00:00:00.000Z')).toBe('stale');
  });
});

describe('a service that asks to wait', () => {
  test.each([
    ['429', answerWith(429, 1)],
    ['449', answerWith(449)],
    ['503', answerWith(503)],
    ['a broken connection', loseRequest],
  ])('%s is waited out by writes and reads', async (_name, fault) => {
    const scope = scopeOf(sampleTenant());
    const document = sampleLink(scope.tenantId);
    proxy.faults.push(fault, fault, fault);
    const etag = etagOf(await stores.links.write(scope, { kind: 'create', document }));
    proxy.faults.push(fault);
    expect(await stores.links.getMany(scope, [{ id: document.id }])).toEqual([{ document, etag }]);
    proxy.faults.push(fault);
    expect(await stores.links.get(scope, { id: document.id })).toEqual({ document, etag });
  });

  test('throttled operations of a bulk request are repeated alone', async () => {
    const scope = scopeOf(sampleTenant());
    const documents = Array.from({ length: 90 }, () => sampleLink(scope.tenantId));
    proxy.faults.push(throttleHalf, throttleHalf);
    const before = proxy.requests();
    const results = await stores.links.writeMany(
      scope,
      documents.map((document) => ({ kind: 'create', document })),
    );
    expect(new Set(results.map(etagOf)).size).toBe(90);
    expect(proxy.requests() - before).toBe(3);
  });

  test('one that does not come back is "unavailable", not an endless wait', async () => {
    const scope = scopeOf(sampleTenant());
    const document = sampleLink(scope.tenantId);
    proxy.faults.push(...Array.from({ length: 8 }, () => answerWith(503)));
    await expect(stores.links.write(scope, { kind: 'create', document })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await stores.links.get(scope, { id: document.id })).toBeUndefined();
  });

  test('what no repeat can mend is thrown at once', async () => {
    const scope = scopeOf(sampleTenant());
    const before = proxy.requests();
    proxy.faults.push(answerWith(403));
    await expect(stores.links.write(scope, { kind: 'create', document: sampleLink(scope.tenantId) })).rejects.toThrow();
    expect(proxy.requests() - before).toBe(1);
  });
});

test('the SDK is the one whose needless hashing can be spared', () => {
  const client = new CosmosClient({ endpoint: server.endpoint, key: server.key });
  expect(spareHashing(client.database('d').container('c'))).toBe(true);
});
