import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CosmosServer, startCosmos } from '../../../local/cosmos/server.ts';
import { MemoryLog } from '../../kit/memory-services.ts';
import { sampleShard, sampleTenant } from '../../kit/sample-documents.ts';
import { openStores } from './cosmos-harness.ts';
import { answerWith, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { type Stores, scopeOf } from './port-harness.ts';

let server: CosmosServer;
let proxy: FaultyProxy;
let stores: Stores;

beforeAll(async () => {
  server = await startCosmos();
  proxy = await startFaultyProxy(server.endpoint);
  stores = openStores(proxy.endpoint, server.key, new MemoryLog());
  await stores.shards.get(scopeOf('t'), { id: 'warm-up' });
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

function largeShards(tenantId: string, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    ...sampleShard(tenantId),
    data: { index, note: 'x'.repeat(60_000) },
  }));
}

describe('many large documents at once', () => {
  test('are written and read, although one request has no room for them', async () => {
    const scope = scopeOf(sampleTenant());
    const shards = largeShards(scope.tenantId, 150);
    const results = await stores.shards.writeMany(
      scope,
      shards.map((document) => ({ kind: 'create', document })),
    );
    expect(results.every((result) => result.ok)).toBe(true);
    const read = await stores.shards.getMany(
      scope,
      shards.map(({ id }) => ({ id })),
    );
    expect(read.map((stored) => stored?.document.data)).toEqual(shards.map(({ data }) => data));
  });

  test('of which a half is throttled are all written once', async () => {
    const scope = scopeOf(sampleTenant());
    const shards = largeShards(scope.tenantId, 60);
    // The whole is too large; then the first half is refused and the second is not.
    proxy.faults.push((exchange) => exchange.forward(), answerWith(429, 1));
    const results = await stores.shards.writeMany(
      scope,
      shards.map((document) => ({ kind: 'create', document })),
    );
    expect(results.every((result) => result.ok)).toBe(true);
    expect(proxy.faults).toEqual([]);
  });
});
