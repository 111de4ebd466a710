import { describe, expect, test } from 'vitest';
import { planBatch, planWrite } from '../../../../adapters/custom-rest/plan-write.ts';
import { customRestSettings } from '../../../../adapters/custom-rest/settings.ts';
import type { WriteSettings } from '../../../../adapters/custom-rest/write-settings.ts';

const verbs = {
  create: { path: '/items', idempotencyHeader: 'Idempotency-Key' },
  update: { path: '/items/{id}' },
  delete: { path: '/items/{id}' },
};

function writesOf(change: Record<string, unknown>): WriteSettings {
  const items = {
    path: '/items',
    idField: 'id',
    modifiedField: 'at',
    paging: { kind: 'none' },
    writes: { ...verbs, ...change },
  };
  const settings = { baseUrl: 'https://crm.example', auth: { kind: 'none' }, testPath: '/me', objects: { items } };
  const { writes } = customRestSettings.parse(settings).objects['items'] ?? {};
  if (writes === undefined) throw new Error('the settings must write');
  return writes;
}

const create = { kind: 'create', idempotencyKey: 'key-1', record: { name: 'Ada', city: null } } as const;
const expected = { revision: '"7"', modifiedAt: '2026-03-01T10:00:00.900Z' };
const update = { kind: 'update', externalId: 'a/b', patch: { name: null, address: { city: null } }, expected } as const;

describe('one record', () => {
  test('as it is, with the header that makes a repeat harmless', () => {
    expect(planWrite(create, writesOf({}))).toEqual({
      method: 'POST',
      url: '/items',
      body: { name: 'Ada', city: null },
      headers: { 'Idempotency-Key': 'key-1' },
    });
    expect(planWrite(update, writesOf({}))).toEqual({
      method: 'PATCH',
      url: '/items/a%2Fb',
      body: { name: null, address: { city: null } },
      headers: {},
    });
  });

  test('wrapped, emptied with texts, and carrying its key', () => {
    const writes = writesOf({
      create: { method: 'PUT', path: '/items', bodyPath: 'data.item' },
      update: { path: '/items/{id}?full=1', bodyPath: 'item' },
      emptied: 'empty-text',
      lookup: { param: 'q', field: 'meta.ref', value: 'idempotency-key' },
    });
    expect(planWrite(create, writes)).toMatchObject({
      method: 'PUT',
      body: { data: { item: { name: 'Ada', city: '', meta: { ref: 'key-1' } } } },
    });
    expect(planWrite(update, writes)).toMatchObject({
      url: '/items/a%2Fb?full=1',
      body: { item: { name: '', address: { city: '' } } },
    });
  });

  test('on condition', () => {
    const byEtag = writesOf({ condition: 'if-match' });
    expect(planWrite(update, byEtag)?.headers).toEqual({ 'if-match': '"7"' });
    expect(planWrite({ kind: 'delete', externalId: 'a' }, byEtag)?.headers).toEqual({});
    const byTime = writesOf({ condition: 'if-unmodified-since' });
    expect(planWrite({ kind: 'delete', externalId: 'a', expected }, byTime)?.headers).toEqual({
      'if-unmodified-since': 'Sun, 01 Mar 2026 10:00:00 GMT',
    });
  });

  test.each(['.', '..', ''])('the id "%s" is the place of no record', (externalId) => {
    expect(planWrite({ ...update, externalId }, writesOf({}))).toBeUndefined();
  });

  test('an id with a dollar sign stays as it is', () => {
    expect(planWrite({ ...update, externalId: "$&$'" }, writesOf({}))?.url).toBe(
      `/items/${encodeURIComponent("$&$'")}`,
    );
  });
});

describe('several records', () => {
  const results = { path: 'results', statusPath: 'status' };

  test('in items with all that one record has alone', () => {
    const writes = writesOf({
      condition: 'if-match',
      batch: {
        size: 10,
        itemsPath: 'data.inputs',
        recordPath: 'properties',
        idPath: 'target.id',
        keyPath: 'trace',
        conditionPath: 'ifMatch',
        create: { path: '/items/batch', constants: { 'op.kind': 'create' } },
        update: { method: 'PATCH', path: '/items/batch' },
        delete: { path: '/items/archive' },
        results,
      },
    });
    const { batch } = writes;
    if (batch === undefined) throw new Error('the settings must have a batch');
    expect(planBatch([create, create], 'create', { writes, batch })).toEqual({
      method: 'POST',
      url: '/items/batch',
      body: {
        data: {
          inputs: [create, create].map(() => ({
            properties: { name: 'Ada', city: null },
            trace: 'key-1',
            op: { kind: 'create' },
          })),
        },
      },
    });
    expect(planBatch([update], 'update', { writes, batch }).body).toEqual({
      data: { inputs: [{ properties: update.patch, target: { id: 'a/b' }, ifMatch: '"7"' }] },
    });
    expect(planBatch([{ kind: 'delete', externalId: 'x' }], 'delete', { writes, batch }).body).toEqual({
      data: { inputs: [{ target: { id: 'x' } }] },
    });
  });

  test('where the item is the record', () => {
    const { batch, ...writes } = writesOf({
      create: { path: '/items' },
      batch: { size: 2, itemsPath: 'items', update: { path: '/bulk' }, results },
    });
    if (batch === undefined) throw new Error('the settings must have a batch');
    expect(planBatch([update], 'update', { writes, batch }).body).toEqual({ items: [{ ...update.patch, id: 'a/b' }] });
  });
});
