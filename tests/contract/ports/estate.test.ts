import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CosmosServer, startCosmos } from '../../../local/cosmos/server.ts';
import { CosmosEstate } from '../../../shared/azure/cosmos-estate.ts';
import type { EstateDocument } from '../../../shared/core/ports.ts';
import { MemoryLog } from '../../kit/memory-services.ts';
import { samplePage, sampleShard, sampleTenant } from '../../kit/sample-documents.ts';
import { openAsProduct, openStores } from './cosmos-harness.ts';
import { scopeOf } from './port-harness.ts';

let server: CosmosServer;

beforeAll(async () => {
  server = await startCosmos({});
});
afterAll(() => server.close());

function open() {
  const { endpoint, key } = server;
  const stores = openStores(endpoint, key, new MemoryLog());
  return { stores, estate: new CosmosEstate({ open: openAsProduct(endpoint, key), random: Math.random }) };
}

/** All of a container, page by page. */
async function pagesOf(tenantId: string, container: string, limit: number): Promise<EstateDocument[][]> {
  const pages: EstateDocument[][] = [];
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const page = await open().estate.list(scopeOf(tenantId), container, after, limit);
    pages.push([...page.documents]);
    after = page.next;
  }
  return pages;
}

describe('the estate in Cosmos', () => {
  it('gives all documents once, in pages of the asked size, however many partitions have one id', async () => {
    const { stores } = open();
    const tenantId = sampleTenant();
    const scope = scopeOf(tenantId);
    const runs = Array.from({ length: 11 }, (_, index) => `exe_${String(index).padStart(2, '0')}`);
    for (const executionId of runs) {
      for (const page of [0, 1]) {
        const id = `page-${page}`;
        await stores.runs.pages.write(scope, { kind: 'create', document: samplePage(tenantId, { id, executionId }) });
      }
    }
    const pages = await pagesOf(tenantId, 'executions', 4);
    expect(pages.every((page) => page.length <= 4)).toBe(true);
    const names = pages.flat().map(({ body }) => `${body['id']} ${body['executionId']}`);
    expect(names).toEqual(['page-0', 'page-1'].flatMap((id) => runs.map((run) => `${id} ${run}`)));
  });

  it('replaces only what is still as it was, and removes what is there or gone', async () => {
    const { stores, estate } = open();
    const tenantId = sampleTenant();
    const scope = scopeOf(tenantId);
    await stores.shards.write(scope, { kind: 'create', document: sampleShard(tenantId) });
    const [found] = (await estate.list(scope, 'shards', undefined, 10)).documents;
    if (found === undefined) throw new Error('It is there');
    expect(await estate.replace(scope, found, { ...found.body, text: 'first' })).toBe(true);
    expect(await estate.replace(scope, found, { ...found.body, text: 'second' })).toBe(false);
    expect((await estate.list(scope, 'shards', undefined, 10)).documents[0]?.body['text']).toBe('first');
    await estate.remove(scope, found);
    await estate.remove(scope, found);
    expect(await estate.replace(scope, found, found.body)).toBe(false);
    expect((await estate.list(scope, 'shards', undefined, 10)).documents).toEqual([]);
  });
});
