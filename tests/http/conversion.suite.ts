import { beforeAll, expect, it } from 'vitest';
import type { Json } from './api-description.ts';
import { type App, createTenant, syncTenant, type Tenant } from './start-app.ts';

/** Conversion schemas and shard types, as the person works with them who maps an object. */
export function conversionSuite(app: () => App): void {
  let tenant: Tenant;
  let params: Readonly<Record<string, string>>;

  beforeAll(async () => {
    tenant = await createTenant(app());
    params = { integrationId: tenant.integrationId };
  });

  const targets = (...fields: object[]) => [{ shardTypeId: 'deal', fields: [{ to: 'name', from: 'name' }, ...fields] }];
  const amount = { to: 'amount', from: 'amount', transforms: ['number'] };

  async function createSchema(): Promise<Record<string, string>> {
    const body = { name: 'Deals', object: 'deals', targets: targets(), note: 'The first' };
    const created = await tenant.admin.call('createConversionSchema', { params, body });
    expect(created.json).toMatchObject({ name: 'Deals', object: 'deals', version: 1 });
    expect(created.json['published']).toBeUndefined();
    return { ...params, conversionSchemaId: created.text('id') };
  }

  it('are created, versioned, published, rolled back and removed', async () => {
    const { admin } = tenant;
    const schema = await createSchema();
    expect((await admin.send('rollBackConversionSchema', { params: schema, body: { version: 1 } })).problem.code).toBe(
      'not-published',
    );
    const second = await admin.call('createConversionSchemaVersion', {
      params: schema,
      body: { targets: targets(amount) },
    });
    expect(second.json).toMatchObject({ version: 2 });
    expect((await admin.call('publishConversionSchema', { params: schema })).json).toMatchObject({ published: 2 });
    const listed = await admin.call('listConversionSchemaVersions', { params: schema, query: { limit: 1 } });
    expect(listed.items).toMatchObject([{ version: 2, isPublished: true }]);
    const next = await admin.call('listConversionSchemaVersions', {
      params: schema,
      query: { cursor: listed.text('nextCursor') },
    });
    expect(next.items).toMatchObject([{ version: 1, isPublished: false, note: 'The first' }]);
    const version = await admin.call('getConversionSchemaVersion', { params: { ...schema, version: '2' } });
    expect(version.json).toMatchObject({
      targets: [{ fields: [{ to: 'name' }, { to: 'amount', transforms: ['number'] }] }],
      reverse: [
        {
          fields: [
            { to: 'name', from: 'name' },
            { to: 'amount', from: 'amount' },
          ],
          notInvertible: [],
        },
      ],
    });
    expect((await admin.send('getConversionSchemaVersion', { params: { ...schema, version: '3' } })).status).toBe(404);
    const back = await admin.call('rollBackConversionSchema', { params: schema, body: { version: 1 } });
    expect(back.json).toMatchObject({ version: 2, published: 1 });
    const renamed = await admin.call('updateConversionSchema', {
      params: schema,
      body: { name: 'Renamed' },
      headers: { 'if-match': back.etag },
    });
    expect(renamed.json).toMatchObject({ name: 'Renamed' });
    const stale = await admin.send('publishConversionSchema', { params: schema, headers: { 'if-match': back.etag } });
    expect(stale.problem.code).toBe('precondition-failed');
    expect((await admin.call('getConversionSchema', { params: schema })).json).toEqual(renamed.json);
    expect((await admin.call('listConversionSchemas', { params })).items).toContainEqual(renamed.json);
    await admin.call('deleteConversionSchema', { params: schema });
    expect((await admin.send('getConversionSchema', { params: schema })).status).toBe(404);
  });

  it('refuse what can never work, and name the place', async () => {
    const body = {
      name: 'Wrong',
      object: 'deals',
      targets: [
        {
          shardTypeId: 'nothing',
          fields: [
            { to: 'a', template: 'name &' },
            { to: 'b', script: 'for (;;)' },
            { to: 'c', from: 'c', transforms: [{ kind: 'replace-pattern', pattern: '(a)\\1', with: '' }] },
            { to: 'd', lookup: { from: 'd', shardTypeId: 'none', object: 'contacts' } },
            { to: 'e', items: { from: 'e', fields: [{ to: 'f', script: ')' }] } },
          ],
        },
      ],
    };
    const answer = await tenant.admin.send('createConversionSchema', { params, body });
    expect(answer.problem.errors?.map((error) => error.field).sort()).toEqual([
      '/targets/0/fields/0/template',
      '/targets/0/fields/1/script',
      '/targets/0/fields/2/transforms/0/pattern',
      '/targets/0/fields/3/lookup/shardTypeId',
      '/targets/0/fields/4/items/fields/0/script',
      '/targets/0/shardTypeId',
    ]);
    const two = {
      name: 'x',
      object: 'deals',
      targets: [{ shardTypeId: 'deal', fields: [{ to: 'a', from: 'a', constant: 1 }] }],
    };
    const refused = await tenant.admin.send('createConversionSchema', { params, body: two });
    expect(refused.problem.errors).toMatchObject([{ field: '/targets/0/fields/0/from' }]);
    const ghost = await tenant.admin.send('createConversionSchema', {
      params,
      body: { ...two, object: 'ghosts', targets: targets() },
    });
    expect(ghost.problem.errors).toMatchObject([{ field: '/object' }]);
  });

  it('are tested on samples: results and errors per field, and the way back', async () => {
    const schema = await createSchema();
    const body = {
      targets: targets(
        { ...amount, required: true },
        { to: 'stage', from: 'stage' },
        { to: 'label', template: '$uppercase(name) & " " & $string(amount)' },
        { to: 'double', script: 'Number(record.amount) * 2' },
        {
          to: 'closesAt',
          from: 'close',
          transforms: [{ kind: 'date-time', format: 'dd.MM.yyyy HH:mm', zone: 'Europe/Ljubljana' }],
        },
      ),
      samples: [
        { name: 'Big', amount: '12.5', close: '29.02.2024 12:00' },
        { name: 'Bad', amount: 'many', close: 'soon' },
        { name: 'Odd', amount: 1, stage: 7 },
      ],
    };
    const { json } = await tenant.admin.call('testConversionSchema', { params: schema, body });
    const results = json['results'] as { shards: Json[] }[];
    expect(results[0]?.shards).toMatchObject([
      {
        shardTypeId: 'deal',
        data: { name: 'Big', amount: 12.5, label: 'BIG 12.5', double: 25, closesAt: '2024-02-29T11:00:00.000Z' },
        errors: [],
        reverted: { record: { name: 'Big', amount: 12.5, close: '29.02.2024 12:00' }, errors: [] },
      },
    ]);
    const errorsOf = (index: number) =>
      ((results[index]?.shards[0]?.['errors'] ?? []) as { field: string }[]).map(({ field }) => field);
    expect(errorsOf(1)).toEqual(['amount', 'closesAt']);
    expect(errorsOf(2)).toEqual(['stage']);
    expect(results[1]?.shards[0]?.['data']).toBeUndefined();
  });

  it('are tried on live records without writing anything', async () => {
    const { admin } = tenant;
    await syncTenant(tenant);
    const schema = await createSchema();
    const dry = async (body: object) => (await admin.call('dryRunConversionSchema', { params: schema, body })).json;
    const before = (await admin.call('listShards', { query: { type: 'deal', limit: 100 } })).json;
    const same = await dry({ limit: 5 });
    expect(same).toMatchObject({
      records: 5,
      shards: Array.from({ length: 5 }, () => ({ outcome: 'unchanged', fields: [] })),
    });
    const other = await dry({ limit: 2, targets: targets({ to: 'size', constant: 'big' }) });
    expect(other['shards']).toMatchObject([
      { outcome: 'updated', shardId: expect.any(String), fields: [{ field: 'size', after: 'big' }] },
      { outcome: 'updated' },
    ]);
    const failing = await dry({ limit: 1, targets: targets({ to: 'x', from: 'nothing', required: true }) });
    expect(failing['shards']).toMatchObject([{ outcome: 'failed', errors: [{ field: 'x' }] }]);
    const newer = await dry({
      limit: 1,
      targets: [{ shardTypeId: 'document', fields: [{ to: 'title', from: 'name' }] }],
    });
    expect(newer['shards']).toMatchObject([
      { outcome: 'created', fields: [{ field: 'title', after: expect.any(String) }] },
    ]);
    expect((await admin.call('listShards', { query: { type: 'deal', limit: 100 } })).json).toEqual(before);
  });

  it('are suggested from what the records hold', async () => {
    const { json } = await tenant.admin.call('suggestMapping', {
      params,
      query: { object: 'contacts', shardTypeId: 'contact' },
    });
    const fields = json['fields'] as Json[];
    expect(fields).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ to: 'name.first', from: 'firstName', transforms: ['trim'] }),
        expect.objectContaining({ to: 'email', from: 'emails.*.address', transforms: ['first', 'email'] }),
        expect.objectContaining({ to: 'address.city', from: 'address.city' }),
      ]),
    );
    const wrong = await tenant.admin.send('suggestMapping', {
      params,
      query: { object: 'ghosts', shardTypeId: 'contact' },
    });
    expect(wrong.problem.errors).toMatchObject([{ in: 'query', field: 'object' }]);
    const suggested = fields.map(({ likeness: _likeness, ...rule }) => rule);
    const body = { targets: [{ shardTypeId: 'contact', fields: suggested }], limit: 20 };
    const schema = await createSchema();
    const tried = await tenant.admin.send('testConversionSchema', {
      params: schema,
      body: { targets: body.targets, samples: [{ firstName: ' Ana ' }] },
    });
    expect(tried.json).toMatchObject({ results: [{ shards: [{ data: { name: { first: 'Ana' } } }] }] });
  });

  it('in use by a task can be neither unpublished nor removed', async () => {
    const { admin } = tenant;
    const schema = await createSchema();
    const task = (conversionSchemaId: string | undefined) => ({
      name: 'Deals',
      objects: [{ object: 'deals', conversionSchemaId }],
    });
    const early = await admin.send('createTask', { params, body: task(schema['conversionSchemaId']) });
    expect(early.problem.errors).toMatchObject([{ field: '/objects/0/conversionSchemaId' }]);
    await admin.call('publishConversionSchema', { params: schema });
    const created = await admin.call('createTask', { params, body: task(schema['conversionSchemaId']) });
    expect((await admin.send('deleteConversionSchema', { params: schema })).problem.code).toBe('in-use');
    await admin.call('deleteTask', { params: { ...params, taskId: created.text('id') } });
    await admin.call('deleteConversionSchema', { params: schema });
  });

  it('are held to shard types, built in and of one’s own', async () => {
    const { admin } = tenant;
    const listed = await admin.call('listShardTypes', { query: { limit: 4 } });
    const rest = await admin.call('listShardTypes', { query: { cursor: listed.text('nextCursor') } });
    expect([...listed.items, ...rest.items].map((item) => item['id'])).toEqual([
      tenant.shardTypeId,
      'message',
      'document',
      'deal',
      'contact',
      'company',
    ]);
    const schema = { type: 'object', properties: { sku: { type: 'string', pattern: '^[A-Z]+$' } }, required: ['sku'] };
    const created = await admin.call('createShardType', { body: { id: 'product', name: 'Product', schema } });
    expect(created.json).toMatchObject({ id: 'product', builtIn: false, version: 1, schema });
    expect((await admin.send('createShardType', { body: { id: 'product', name: 'Again', schema } })).problem.code).toBe(
      'already-exists',
    );
    expect((await admin.send('createShardType', { body: { id: 'deal', name: 'Deal', schema } })).problem.code).toBe(
      'already-exists',
    );
    const shardType = { shardTypeId: 'product' };
    const changed = await admin.call('updateShardType', {
      params: shardType,
      body: { schema: { type: 'object' } },
      headers: { 'if-match': created.etag },
    });
    expect(changed.json).toMatchObject({ version: 2, schema: { type: 'object' } });
    expect((await admin.call('getShardType', { params: shardType })).json).toEqual(changed.json);
    const versions = await admin.call('listShardTypeVersions', { params: shardType });
    expect(versions.items).toMatchObject([{ version: 2 }, { version: 1, schema }]);
    await admin.call('deleteShardType', { params: shardType });
    expect((await admin.send('getShardType', { params: shardType })).status).toBe(404);
  });

  it.each<[string, object, string]>([
    ['no object', { type: 'string' }, '/schema/type'],
    ['a reference elsewhere', { type: 'object', $ref: 'https://example.org/x' }, '/schema/$ref'],
    [
      'a reference to itself',
      { type: 'object', $defs: { a: { $ref: '#/$defs/a' } }, properties: { x: { $ref: '#/$defs/a' } } },
      '/schema/$defs',
    ],
    ['a pattern that looks back', { type: 'object', properties: { x: { pattern: '(a)\\1' } } }, '/schema'],
    ['an unknown word', { type: 'object', properites: {} }, '/schema'],
  ])('refuse a shard type of %s', async (_what, schema, field) => {
    const answer = await tenant.admin.send('createShardType', { body: { id: 'wrong', name: 'Wrong', schema } });
    expect(answer.problem.errors).toMatchObject([{ field }]);
  });

  it('tell which shards would not fit a changed shard type', async () => {
    const { admin } = tenant;
    const deal = { shardTypeId: 'deal' };
    const { items } = await admin.call('listShards', { query: { type: 'deal', limit: 100 } });
    expect((await admin.call('checkShardType', { params: deal, body: {} })).json).toEqual({
      checked: items.length,
      unfit: [],
    });
    const stages = items.map((item) => (item['data'] as { stage: string }).stage);
    const [kept = ''] = stages;
    const schema = { type: 'object', properties: { stage: { const: kept } } };
    const check = await admin.call('checkShardType', { params: deal, body: { schema } });
    const unfit = check.json['unfit'] as { shardId: string; errors: object[] }[];
    expect(unfit).toHaveLength(stages.filter((stage) => stage !== kept).length);
    expect(unfit[0]?.errors).toMatchObject([{ field: 'stage' }]);
    const mine = await admin.call('updateShardType', { params: deal, body: { schema } });
    expect(mine.json).toMatchObject({ builtIn: true, version: 2 });
    await admin.call('deleteShardType', { params: deal });
    expect((await admin.call('getShardType', { params: deal })).json).toMatchObject({ builtIn: true, version: 1 });
  });
}
