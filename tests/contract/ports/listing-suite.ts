import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Collection, Filter, Listing } from '../../../shared/core/ports.ts';
import type { Scope } from '../../../shared/core/scope.ts';
import { sampleDelivery } from '../../kit/sample-delivery.ts';
import {
  sampleAudit,
  sampleExecution,
  sampleId,
  sampleIntegration,
  samplePage,
  sampleShard,
  sampleTask,
  sampleTenant,
} from '../../kit/sample-documents.ts';
import { type StoreHarness, scopeOf } from './port-harness.ts';

/** Keyset lists: order, paging, filters, partitions. */
export function listingSuite(harness: () => StoreHarness): void {
  describe('lists', () => {
    pagingCases(harness);
    filterCases(harness);
    placeCases(harness);
  });
}

async function idsOf<T extends { readonly id: string }>(
  collection: Collection<T>,
  scope: Scope,
  listing: Partial<Listing>,
): Promise<string[]> {
  const found = await collection.list(scope, { filters: [], order: 'ascending', limit: 100, ...listing });
  return found.map((stored) => stored.document.id);
}

function pagingCases(harness: () => StoreHarness): void {
  test.each(['ascending', 'descending'] as const)(
    '%s pages cover every document once, whatever is written between',
    async (order) => {
      const { shards } = harness().stores;
      const scope = scopeOf(sampleTenant());
      const ids = Array.from({ length: 23 }, () => sampleId('shard')).sort();
      const create = (id: string) => ({ kind: 'create' as const, document: sampleShard(scope.tenantId, { id }) });
      await shards.writeMany(scope, ids.map(create));
      const seen: string[] = [];
      for (let page = 0; page < 10; page += 1) {
        const next = await idsOf(shards, scope, { order, limit: 5, afterId: seen.at(-1) });
        if (next.length === 0) break;
        seen.push(...next);
        // A removed anchor must not matter.
        await shards.remove(scope, { id: next.at(-1) ?? '' });
      }
      expect(seen).toEqual(order === 'ascending' ? ids : ids.toReversed());
    },
  );

  test.each(['ascending', 'descending'] as const)('%s pages may go by another field than the id', async (order) => {
    const { deliveries } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const documents = Array.from({ length: 11 }, () => sampleDelivery(scope.tenantId));
    await deliveries.writeMany(
      scope,
      documents.map((document) => ({ kind: 'create', document })),
    );
    const seen: string[] = [];
    for (let page = 0; page < 10; page += 1) {
      const filters = [{ field: 'state', is: 'equal', value: 'received' }] as const;
      const listing = { filters, order, orderBy: 'arrival', limit: 4, afterId: seen.at(-1) };
      const found = await deliveries.list(scope, listing);
      if (found.length === 0) break;
      seen.push(...found.map(({ document }) => document.arrival));
    }
    const arrivals = documents.map(({ arrival }) => arrival).sort();
    expect(seen).toEqual(order === 'ascending' ? arrivals : arrivals.toReversed());
  });

  test('a list of nothing is empty', async () => {
    expect(await idsOf(harness().stores.shards, scopeOf(sampleTenant()), {})).toEqual([]);
  });
}

function filterCases(harness: () => StoreHarness): void {
  test('filters compare by type, inside nested fields, and ignore case only in text search', async () => {
    const { shards } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const documents = [
      sampleShard(scope.tenantId, {
        shardTypeId: 'contact',
        revision: 1,
        text: 'Ana NOVAK',
        data: { age: 1, 'e-mail': { order: 'a' } },
      }),
      sampleShard(scope.tenantId, {
        shardTypeId: 'contact',
        revision: 2,
        text: 'bor',
        data: { age: '1', active: true },
      }),
      sampleShard(scope.tenantId, { shardTypeId: 'company', revision: 3, text: 'Novaki', data: { age: null } }),
    ];
    await shards.writeMany(
      scope,
      documents.map((document) => ({ kind: 'create', document })),
    );
    const find = async (...filters: Filter[]) => {
      const ids = await idsOf(shards, scope, { filters });
      return documents
        .map((document) => document.id)
        .filter((id) => ids.includes(id))
        .map((id) => documents.findIndex((one) => one.id === id));
    };
    expect(await find({ field: 'shardTypeId', is: 'equal', value: 'contact' })).toEqual([0, 1]);
    expect(await find({ field: 'shardTypeId', is: 'equal', value: 'Contact' })).toEqual([]);
    expect(await find({ field: 'data.age', is: 'equal', value: 1 })).toEqual([0]);
    expect(await find({ field: 'data.age', is: 'equal', value: '1' })).toEqual([1]);
    expect(await find({ field: 'data.active', is: 'equal', value: true })).toEqual([1]);
    expect(await find({ field: 'data.e-mail.order', is: 'equal', value: 'a' })).toEqual([0]);
    expect(await find({ field: 'data.absent', is: 'equal', value: 'a' })).toEqual([]);
    expect(await find({ field: 'data.age', is: 'one-of', values: ['1', 7, 1] })).toEqual([0, 1]);
    expect(await find({ field: 'data.age', is: 'one-of', values: [7] })).toEqual([]);
    expect(await find({ field: 'revision', is: 'below', value: 3 })).toEqual([0, 1]);
    expect(await find({ field: 'revision', is: 'at-least', value: 3 })).toEqual([2]);
    expect(await find({ field: 'revision', is: 'below', value: '3' })).toEqual([]);
    expect(await find({ field: 'revision', is: 'at-least', value: '0' })).toEqual([]);
    expect(await find({ field: 'text', is: 'contains', value: 'nOvAk' })).toEqual([0, 2]);
    expect(
      await find(
        { field: 'text', is: 'contains', value: 'novak' },
        { field: 'shardTypeId', is: 'equal', value: 'contact' },
      ),
    ).toEqual([0]);
  });

  test('a list has what is one of its items', async () => {
    const { deliveries } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const [first, second] = [['people/1', 'people/2'], ['people/12']].map((recordKeys) =>
      sampleDelivery(scope.tenantId, { recordKeys }),
    );
    for (const document of [first, second]) {
      if (document !== undefined) await deliveries.write(scope, { kind: 'create', document });
    }
    const find = async (field: string, value: string) =>
      (await deliveries.list(scope, { filters: [{ field, is: 'has', value }], order: 'ascending', limit: 9 })).map(
        ({ document }) => document.id,
      );
    expect(await find('recordKeys', 'people/1')).toEqual([first?.id]);
    expect(await find('recordKeys', 'people/12')).toEqual([second?.id]);
    expect(await find('recordKeys', 'people')).toEqual([]);
    expect(await find('state', 'received')).toEqual([]);
  });

  test('any text is a value and nothing else', async () => {
    const { shards } = harness().stores;
    const scope = scopeOf(sampleTenant());
    await shards.write(scope, { kind: 'create', document: sampleShard(scope.tenantId, { text: 'quiet' }) });
    const hostile = fc.oneof(
      fc.constantFrom('" OR 1=1', "' OR '1'='1", '@p0', 'x") OR (true', '%', '\\', '_'),
      fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        expect(await idsOf(shards, scope, { filters: [{ field: 'text', is: 'equal', value }] })).toEqual([]);
        expect(await idsOf(shards, scope, { filters: [{ field: 'text', is: 'contains', value }] })).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test.each(['', 'a b', 'a"]', '1a', 'a..b', '.a', 'c["x"]', 'a;b', "a'", 'a.'])(
    'the field %j is refused',
    async (field) => {
      const { shards } = harness().stores;
      const filters = [{ field, is: 'equal', value: 'x' }] as const;
      await expect(idsOf(shards, scopeOf(sampleTenant()), { filters })).rejects.toThrow(RangeError);
    },
  );
}

function placeCases(harness: () => StoreHarness): void {
  test('kinds that share a container do not see each other', async () => {
    const { integrations, tasks, runs } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const integration = sampleIntegration(scope.tenantId);
    const task = sampleTask(scope.tenantId, { integrationId: integration.id });
    const execution = sampleExecution(scope.tenantId);
    const page = samplePage(scope.tenantId, { executionId: execution.executionId });
    await integrations.write(scope, { kind: 'create', document: integration });
    await tasks.write(scope, { kind: 'create', document: task });
    await runs.executions.write(scope, { kind: 'create', document: execution });
    await runs.pages.write(scope, { kind: 'create', document: page });
    expect(await idsOf(integrations, scope, {})).toEqual([integration.id]);
    expect(await idsOf(tasks, scope, {})).toEqual([task.id]);
    expect(await idsOf(runs.executions, scope, {})).toEqual([execution.id]);
    expect(await idsOf(runs.pages, scope, {})).toEqual([page.id]);
    expect(await tasks.get(scope, { id: integration.id })).toBeUndefined();
    expect(await tasks.getMany(scope, [{ id: integration.id }, { id: task.id }])).toMatchObject([
      undefined,
      { document: { id: task.id } },
    ]);
    expect(await runs.executions.get(scope, { id: page.id, partition: execution.id })).toBeUndefined();
  });

  test('a list of one partition sees only that; without a partition it sees the tenant', async () => {
    const { audit } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const documents = ['2030-01', '2030-01', '2030-02'].map((month) => sampleAudit(scope.tenantId, { month }));
    await audit.writeMany(
      scope,
      documents.map((document) => ({ kind: 'create', document })),
    );
    const ids = documents.map((document) => document.id).sort();
    expect(await idsOf(audit, scope, {})).toEqual(ids);
    const february = documents[2]?.id;
    expect(await idsOf(audit, scope, { partition: '2030-02' })).toEqual([february]);
    expect(await idsOf(audit, scope, { partition: '2030-03' })).toEqual([]);
  });

  test('the same id in two partitions is two documents', async () => {
    const { runs } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const pages = [1, 2].map((fence) => samplePage(scope.tenantId, { fence }));
    await runs.pages.writeMany(
      scope,
      pages.map((document) => ({ kind: 'create', document })),
    );
    const keys = pages.map((page) => ({ id: page.id, partition: page.executionId }));
    expect((await runs.pages.getMany(scope, keys)).map((stored) => stored?.document)).toEqual(pages);
    await expect(runs.pages.get(scope, { id: 'page-00000000' })).rejects.toThrow(/partition/);
  });
}
