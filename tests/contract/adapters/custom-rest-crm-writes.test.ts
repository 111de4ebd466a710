import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import { findAdapter } from '../../../adapters/registry.ts';
import { demoSettings } from '../../../local/start/demo-task.ts';
import type { AdapterCall, ExternalChange } from '../../../shared/core/adapter.ts';
import type { PushOperation, PushOutcome } from '../../../shared/core/adapter-writes.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import { type CrmControl, openOwnCrm } from '../../kit/crm-control.ts';

const adapter = findAdapter('custom-rest');
if (adapter?.push === undefined || adapter.fetch === undefined || adapter.findCreated === undefined) {
  throw new Error('custom-rest must write, fetch and find');
}
const { push, fetch: fetchRecords, findCreated } = adapter;

/** Long enough for a loopback server on a busy machine, and what the tests of silence take. */
const timeoutMs = 1_500;
const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs });
let crm: CrmControl & { close(): Promise<void> };
beforeAll(async () => {
  crm = await openOwnCrm({ contacts: 12 });
});
beforeEach(async () => {
  await crm.reset();
});
afterAll(async () => {
  await openCall.close();
  await crm.close();
});

type Settings = ReturnType<typeof demoSettings>;

function open(change: (settings: Settings) => unknown = (settings) => settings): AdapterCall {
  if (adapter === undefined) throw new Error('custom-rest is not in the registry');
  return openCall({
    adapter,
    settings: change(demoSettings(crm.url)),
    credential: { kind: 'api-key', key: crm.apiKey },
  });
}

/** The same settings with no batches: each record is written alone. */
const oneByOne = (settings: Settings) => {
  const { contacts } = settings.objects;
  const { batch: _batch, ...writes } = contacts.writes;
  return { ...settings, objects: { ...settings.objects, contacts: { ...contacts, writes } } };
};

const idOf = (place: number) => `con_${String(place).padStart(8, '0')}`;
const update = (place: number, patch: JsonObject, expected?: ExternalChange): PushOperation => ({
  kind: 'update',
  externalId: idOf(place),
  patch,
  ...(expected === undefined ? {} : { expected: { revision: expected.revision, modifiedAt: expected.modifiedAt } }),
});
const create = (idempotencyKey: string, record: JsonObject = { firstName: 'Ada' }): PushOperation => ({
  kind: 'create',
  idempotencyKey,
  record,
});
const write = async (call: AdapterCall, ...operations: PushOperation[]): Promise<readonly PushOutcome[]> =>
  await push(call, { object: 'contacts', operations });
const kindsOf = (outcomes: readonly PushOutcome[]) => outcomes.map(({ kind }) => kind);

async function fetchOne(call: AdapterCall, place: number): Promise<ExternalChange> {
  const [fetched] = await fetchRecords(call, { object: 'contacts', externalIds: [idOf(place)] });
  if (fetched?.kind !== 'change') throw new Error(`the CRM has no ${idOf(place)}`);
  return fetched.change;
}

describe.each([
  ['in batches', (settings: Settings) => settings as unknown],
  ['one by one', oneByOne],
])('writing to the demo CRM %s', (_name, change) => {
  test('every kind of write, and every kind of refusal, each in its place', async () => {
    const call = open(change);
    const stale = await fetchOne(call, 3);
    await crm.edit({ kind: 'update', type: 'contacts', id: idOf(3), patch: { jobTitle: 'Dean' } });
    await crm.edit({ kind: 'delete', type: 'contacts', id: idOf(4) });
    const outcomes = await write(
      call,
      update(1, { firstName: 'Grace', address: { city: null } }),
      create('k-1', { firstName: 'Ada', emails: [{ address: 'ada@example.org' }] }),
      update(3, { firstName: 'Late' }, stale),
      update(4, { firstName: 'Nobody' }),
      create('k-2', { firstName: 'Eve', tags: 'none' }),
      { kind: 'delete', externalId: idOf(5) },
      { kind: 'delete', externalId: idOf(4) },
      update(6, { firstName: 'Six' }, await fetchOne(call, 6)),
    );
    expect(kindsOf(outcomes)).toEqual([
      'written',
      'written',
      'conflict',
      'missing',
      'rejected',
      'written',
      'missing',
      'written',
    ]);
    expect(outcomes[0]).toMatchObject({
      externalId: idOf(1),
      change: { revision: '"2"', record: { firstName: 'Grace' } },
    });
    expect(outcomes[1]).toMatchObject({ externalId: idOf(13), change: { record: { firstName: 'Ada' } } });
    expect(outcomes[4]).toMatchObject({ fields: [{ field: 'tags' }] });
    expect((await crm.writes()).totals).toEqual({ created: 1, updated: 2, unchanged: 0, deleted: 1 });
    expect(await fetchOne(call, 6)).toEqual((outcomes[7] as { change?: ExternalChange }).change);
  });

  test('a record that moves on before every write is never written', async () => {
    const call = open(change);
    const seen = [await fetchOne(call, 1), await fetchOne(call, 2)] as const;
    await crm.setFaults({ kind: 'moves-on' });
    const outcomes = await write(call, update(1, { firstName: 'A' }, seen[0]), update(2, { firstName: 'B' }, seen[1]));
    expect(kindsOf(outcomes)).toEqual(['conflict', 'conflict']);
    expect((await crm.writes()).totals).toMatchObject({ updated: 0 });
  });

  test('a create sent again with its key makes one record', async () => {
    const call = open(change);
    await crm.setFaults({ kind: 'disconnect-after-commit', times: 1 });
    const operations = [create('k-1'), create('k-2', { firstName: 'Eve' })];
    const lost = await write(call, ...operations);
    expect(kindsOf(lost)).toContain('unknown');
    const again = await write(call, ...operations);
    expect(kindsOf(again)).toEqual(['written', 'written']);
    expect((await crm.list('contacts')).length).toBe(14);
    expect((await crm.writes()).totals).toMatchObject({ created: 2 });
  });
});

/** What happened to the record, whatever the connection said. */
const single: readonly [Record<string, unknown>, PushOutcome['kind'], number][] = [
  [{ kind: 'disconnect' }, 'unknown', 0],
  [{ kind: 'disconnect-after-commit' }, 'unknown', 1],
  [{ kind: 'hang' }, 'unknown', 0],
  [{ kind: 'hang-after-commit' }, 'unknown', 1],
  [{ kind: 'error', status: 500 }, 'unknown', 0],
  [{ kind: 'error-after-commit', status: 500 }, 'unknown', 1],
  [{ kind: 'error-after-commit', status: 504 }, 'unknown', 1],
  [{ kind: 'error', status: 503, retryAfter: 'seconds' }, 'not-written', 0],
  [{ kind: 'rate-limit' }, 'not-written', 0],
  [{ kind: 'truncated-body' }, 'unknown', 1],
  [{ kind: 'rejects-field', field: 'firstName' }, 'rejected', 0],
];

describe.each(single)('a single write that meets %o', (fault, kind, writes) => {
  test.each([
    ['update', update(1, { firstName: 'Grace' })],
    ['create', create('k-1')],
  ])(`${kind}: %s`, async (_name, operation) => {
    const call = open(oneByOne);
    await crm.setFaults({ ...fault, times: 1 });
    const [outcome] = await write(call, operation);
    expect(outcome?.kind).toBe(kind);
    const { created, updated, unchanged } = (await crm.writes()).totals;
    expect(created + updated + unchanged).toBe(writes);
    expect(await crm.struck()).toEqual([1]);
  });
});

test('an answer that is not JSON leaves an update written, and a create unknown', async () => {
  const call = open(oneByOne);
  await crm.setFaults({ kind: 'broken-json' });
  expect(await write(call, update(1, { firstName: 'Grace' }))).toEqual([{ kind: 'written', externalId: idOf(1) }]);
  expect(kindsOf(await write(call, create('k-1')))).toEqual(['unknown']);
});

describe('a batch', () => {
  const three = [1, 2, 3].map((place) => update(place, { firstName: `Name ${place}` }));

  test.each([
    [{ kind: 'partial-batch', applied: 2 }, 2],
    [{ kind: 'disconnect-after-commit' }, 3],
    [{ kind: 'disconnect' }, 0],
    [{ kind: 'hang-after-commit' }, 3],
    [{ kind: 'error-after-commit', status: 502 }, 3],
    [{ kind: 'broken-json' }, 3],
  ])('that meets %o is unknown as a whole', async (fault, updated) => {
    const call = open();
    await crm.setFaults({ ...fault, times: 1 });
    expect(kindsOf(await write(call, ...three))).toEqual(['unknown', 'unknown', 'unknown']);
    expect((await crm.writes()).totals).toMatchObject({ updated });
  });

  test('tells which of its records failed, and how', async () => {
    const call = open();
    for (const [status, kind] of [
      [500, 'unknown'],
      [429, 'not-written'],
      [400, 'rejected'],
      [404, 'missing'],
      [412, 'conflict'],
    ] as const) {
      await crm.setFaults({ kind: 'fails-items', items: [1], status });
      expect(kindsOf(await write(call, ...three))).toEqual(['written', kind, 'written']);
    }
  });

  test('that is refused as a whole is written record by record', async () => {
    const call = open();
    await crm.setFaults({ kind: 'error', status: 413, times: 1 });
    expect(kindsOf(await write(call, ...three))).toEqual(['written', 'written', 'written']);
    expect((await crm.writes()).totals).toMatchObject({ updated: 3, unchanged: 0 });
  });

  test('of a provider that limits is not sent, nor is any after it', async () => {
    const call = open();
    await crm.setFaults({ kind: 'rate-limit', seconds: 5 });
    const before = (await crm.stats()).requests['POST /v1/contacts/batch'] ?? 0;
    const outcomes = await write(call, ...three, create('k-1'), create('k-2'), { kind: 'delete', externalId: idOf(9) });
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: 'not-written', failure: { kind: 'rate-limited', retryAfterMs: 5_000 } });
    }
    expect((await crm.stats()).requests['POST /v1/contacts/batch']).toBeLessThanOrEqual(before + 2);
    expect((await crm.writes()).records).toEqual([]);
  });
});

test('after a provider stopped answering, nothing more is sent', async () => {
  const call = open((settings) => {
    const { contacts } = settings.objects;
    const { batch: _batch, ...writes } = contacts.writes;
    return { ...settings, objects: { contacts: { ...contacts, writes: { ...writes, concurrency: 1 } } } };
  });
  await crm.setFaults({ kind: 'hang' });
  const outcomes = await write(call, update(1, { firstName: 'A' }), update(2, { firstName: 'B' }), update(3, {}));
  expect(kindsOf(outcomes)).toEqual(['unknown', 'not-written', 'not-written']);
  expect(await crm.struck()).toEqual([1]);
});

describe('a create whose answer was lost', () => {
  const lookFor = (idempotencyKey: string) => ({
    object: 'contacts',
    creates: [{ idempotencyKey, record: { firstName: 'Ada' } }],
  });

  test('is found where it was made, and not where it was not', async () => {
    const call = open(oneByOne);
    await crm.setFaults({ kind: 'hang-after-commit', times: 1 });
    expect(kindsOf(await write(call, create('k-1')))).toEqual(['unknown']);
    await crm.setFaults({ kind: 'hang', times: 1, match: { method: 'POST' } });
    expect(kindsOf(await write(call, create('k-2')))).toEqual(['unknown']);
    expect(await findCreated(call, lookFor('k-1'))).toMatchObject([
      { kind: 'change', change: { externalId: idOf(13) } },
    ]);
    expect(await findCreated(call, lookFor('k-2'))).toEqual([{ kind: 'none' }]);
  });

  test('is for a person where the provider does not go by the parameter, or several have the value', async () => {
    await crm.edit(
      { kind: 'create', type: 'contacts', record: { badge: 'twice' } },
      { kind: 'create', type: 'contacts', record: { badge: 'twice' } },
    );
    const withLookup = (lookup: object) =>
      open((settings) => {
        const { contacts } = settings.objects;
        return { ...settings, objects: { contacts: { ...contacts, writes: { ...contacts.writes, lookup } } } };
      });
    const deaf = withLookup({ param: 'sort', field: 'externalRef', value: 'idempotency-key' });
    expect(await findCreated(deaf, lookFor('id'))).toMatchObject([{ kind: 'unclear' }]);
    const byBadge = withLookup({ param: 'filter.badge', field: 'badge' });
    const creates = ['twice', 'once', ' ', null].map((badge) => ({ idempotencyKey: 'k', record: { badge } }));
    const found = await findCreated(byBadge, { object: 'contacts', creates });
    expect(found.map(({ kind }) => kind)).toEqual(['unclear', 'none', 'unclear', 'unclear']);
  });
});

test('a second record with a unique value is told with the first one’s id', async () => {
  await crm.behave({ uniqueField: 'externalRef' });
  await crm.edit({ kind: 'create', type: 'contacts', record: { externalRef: 'r-1' } });
  const call = open((settings) => {
    const { contacts } = settings.objects;
    const { lookup: _lookup, ...writes } = contacts.writes;
    return { ...settings, objects: { contacts: { ...contacts, writes } } };
  });
  const outcomes = await write(call, create('k-1', { externalRef: 'r-1' }), create('k-2', { externalRef: 'r-2' }));
  expect(outcomes[0]).toEqual({ kind: 'exists', externalId: idOf(13) });
  expect(outcomes[1]?.kind).toBe('written');
  expect(kindsOf(await write(call, update(1, { externalRef: 'r-1' })))).toEqual(['rejected']);
});

test('what the provider shows after a write is what it made of it', async () => {
  await crm.behave({ quirks: ['trims-texts', 'normalises-phones', 'drops-milliseconds'] });
  const [outcome] = await write(open(), update(1, { firstName: ' Ada ', phone: '+41 31 123' }));
  expect(outcome).toMatchObject({ change: { record: { firstName: 'Ada', phone: '+4131123' } } });
  expect((outcome as { change?: ExternalChange }).change?.modifiedAt).toMatch(/\.000Z$/);
});
