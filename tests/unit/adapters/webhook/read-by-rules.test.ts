import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { customRest } from '../../../../adapters/custom-rest/adapter.ts';
import { customRestSettings } from '../../../../adapters/custom-rest/settings.ts';
import { webhook } from '../../../../adapters/webhook/adapter.ts';
import { readByRules } from '../../../../adapters/webhook/read-by-rules.ts';
import { webhookRules } from '../../../../adapters/webhook/webhook-rule.ts';
import type { Json } from '../../../../shared/core/json.ts';

const read = (rules: unknown, payload: Json, headers: Record<string, string> = {}) =>
  readByRules(webhookRules.parse(rules), { payload, headers });

describe('a payload', () => {
  test('is the record, or the list of records, where nothing else is said', async () => {
    expect(await read([{ object: 'orders' }], { id: 7, total: 3 })).toEqual({
      kind: 'hints',
      hints: [
        { kind: 'change', object: 'orders', change: { externalId: '7', deleted: false, record: { id: 7, total: 3 } } },
      ],
      rejected: [],
    });
    expect(await read([{ object: 'orders' }], [{ id: 'a' }, { id: 'b' }])).toMatchObject({
      hints: [{ change: { externalId: 'a' } }, { change: { externalId: 'b' } }],
    });
  });

  test('holds items at a path, each with id, record, version and deletion where the rule says', async () => {
    const rule = {
      object: 'orders',
      itemsPath: 'data.items',
      idField: 'key.id',
      recordPath: 'body',
      versionField: 'seq',
      deleted: { field: 'op', oneOf: ['gone'] },
    };
    const payload = {
      data: {
        items: [
          { key: { id: 'a' }, seq: 4, op: 'put', body: { total: 1 } },
          { key: { id: 'b' }, seq: '5', op: 'gone' },
        ],
      },
    };
    expect(await read([rule], payload)).toMatchObject({
      hints: [
        { change: { externalId: 'a', deleted: false, version: 4, record: { total: 1 } } },
        { change: { externalId: 'b', deleted: true, version: 5 } },
      ],
      rejected: [],
    });
  });

  test('tells a deletion of all its items by a field of its own, and when they were modified', async () => {
    const rule = {
      object: 'orders',
      itemsPath: 'order',
      modifiedField: 'at',
      deleted: { in: 'payload', field: 'event', oneOf: ['order.deleted'] },
    };
    const payload = { event: 'order.deleted', order: { id: 1, at: '2026-01-02T03:04:05Z' } };
    expect(await read([rule], payload)).toMatchObject({
      hints: [{ change: { deleted: true, modifiedAt: '2026-01-02T03:04:05.000Z', version: 1767323045000 } }],
    });
  });

  test('may carry an id alone, or nothing', async () => {
    const rules = [
      { object: 'orders', itemsPath: 'ids', carries: 'id' },
      { object: 'stock', carries: 'nothing' },
    ];
    expect(await read(rules, { ids: ['a', { id: 2 }] })).toEqual({
      kind: 'hints',
      hints: [
        { kind: 'record', object: 'orders', externalId: 'a' },
        { kind: 'record', object: 'orders', externalId: '2' },
        { kind: 'object', object: 'stock' },
      ],
      rejected: [],
    });
  });

  test('is read by the rules that fit its fields and headers', async () => {
    const rules = [
      {
        object: 'orders',
        when: [
          { field: 'type', oneOf: ['order'] },
          { header: 'X-Topic', oneOf: ['shop'] },
        ],
      },
      { object: 'people', when: [{ field: 'type', oneOf: ['person'] }] },
    ];
    expect(await read(rules, { type: 'order', id: 1 }, { 'x-topic': 'shop' })).toMatchObject({
      hints: [{ object: 'orders' }],
    });
    const none = { kind: 'ignored', reason: 'No rule of the settings is meant for it.' };
    expect(await read(rules, { type: 'order', id: 1 })).toEqual(none);
    expect(await read(rules, 'text')).toEqual(none);
  });

  test('has what does not fit set aside with its field named, and the rest taken', async () => {
    const schema = {
      type: 'object',
      properties: { total: { type: 'number', minimum: 0 }, buyer: { type: 'object', required: ['email'] } },
      required: ['total'],
    };
    const payload = [
      { id: 1, total: 2 },
      { id: 2, total: '2' },
      { id: 3 },
      { id: 4, total: 1, buyer: {} },
      { total: 1 },
      5,
    ];
    expect(await read([{ object: 'orders', schema }], payload)).toMatchObject({
      hints: [{ change: { externalId: '1' } }],
      rejected: [
        { externalId: '2', reason: 'Item 2: Field "total" must be number.' },
        { externalId: '3', reason: expect.stringContaining('Field "total" must have required') },
        { externalId: '4', reason: expect.stringContaining('Field "buyer.email"') },
        { reason: 'Item 5 has no id at "id".' },
        { reason: 'Item 6 is a number, not an object.' },
      ],
    });
    expect(await read([{ object: 'orders', itemsPath: 'data' }], {})).toMatchObject({
      rejected: [{ reason: 'The payload has nothing at "data", where orders should be.' }],
    });
  });

  test('never makes it throw', async () => {
    const rules = [{ object: 'orders', itemsPath: 'a', recordPath: 'b', versionField: 'v', deleted: { field: 'd' } }];
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (item, whole) => {
        for (const payload of [whole, { a: item }, { a: [item, { id: item, b: item, v: item, d: item }] }]) {
          expect((await read(rules, payload as Json)).kind).toBe('hints');
        }
      }),
    );
  });
});

describe('settings', () => {
  test('name what is wrong in a schema of an item', async () => {
    const schema = { type: 'object', properties: { a: { type: 'whatever' } } };
    const settings = webhook.settings.parse({ events: [{ object: 'orders', schema }] });
    expect(await webhook.inspect?.(settings)).toMatchObject([{ path: ['events', 0, 'schema'] }]);
  });

  test('of a sender without an API carry the records', () => {
    const parsed = webhook.settings.safeParse({ events: [{ object: 'orders', carries: 'id' }] });
    expect(parsed.error?.issues).toMatchObject([{ path: ['events'] }]);
  });

  test('of custom REST name its own objects, and are read by them', async () => {
    const settings = {
      baseUrl: 'https://crm.example',
      auth: { kind: 'none' },
      testPath: '/me',
      objects: { people: { path: '/people', idField: 'id', paging: { kind: 'none' } } },
      webhook: { events: [{ object: 'people', carries: 'id' }] },
    };
    const parsed = customRestSettings.parse(settings);
    const delivery = { payload: { id: 5 }, headers: {} };
    expect(await customRest.readDelivery?.(parsed, delivery)).toMatchObject({
      hints: [{ kind: 'record', object: 'people', externalId: '5' }],
    });
    const { webhook: _, ...without } = parsed;
    expect(await customRest.readDelivery?.(without, delivery)).toMatchObject({ kind: 'ignored' });
    const other = customRestSettings.safeParse({ ...settings, webhook: { events: [{ object: 'orders' }] } });
    expect(other.error?.issues).toMatchObject([{ path: ['webhook', 'events', 0, 'object'] }]);
  });
});

test('a payload of more items than can be applied as one is refused as a whole, before any is read', async () => {
  const rules = [
    { object: 'orders', when: [{ field: '*', oneOf: ['x'] }] },
    { object: 'orders' },
    { object: 'others' },
  ];
  const items = (count: number) => Array.from({ length: count }, (_, index) => ({ id: index }));
  expect(await read(rules, items(5_000))).toMatchObject({ rejected: [] });
  expect(await read(rules, items(5_001))).toEqual({
    kind: 'hints',
    hints: [],
    rejected: [{ reason: 'The payload holds more than 10000 items.' }],
  });
});
