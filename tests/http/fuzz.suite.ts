import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { demoSettings, demoTask } from '../../local/start/demo-task.ts';
import { contactRules } from '../kit/labelled-people.ts';
import type { ApiCaller, CheckedAnswer } from './api-caller.ts';
import type { Operation } from './api-description.ts';
import { type Attack, bodyAttacks, headerAttacks, pathAttacks, queryAttacks } from './attacks.ts';
import {
  type App,
  createTenant,
  deafUrl,
  mergeAndPart,
  subscribeAndReplay,
  syncTenant,
  type Tenant,
} from './start-app.ts';

/** Stands in every text of the other tenant: no answer may hold it. */
const othersMark = `others-${randomUUID()}`;
const concurrency = 8;
const { version: _version, ...matchRules } = contactRules;
/** Well formed, but nobody's. */
const failedRecordId = `fr_${'A'.repeat(22)}`;
const conflictId = `conflict_${'A'.repeat(22)}`;
const resolutionId = `rsl_${'0'.repeat(26)}`;
const holdId = `hld_${'0'.repeat(26)}`;
const erasureId = `ers_${'0'.repeat(26)}`;
const suppressionId = `sup_${'0'.repeat(26)}`;
const deliveryId = `dlv_${'0'.repeat(26)}`;

const fuzzSchema = { type: 'object', properties: { name: { type: 'string' } } };

/** As many kinds of rules as there are. */
const fuzzTargets = [
  {
    shardTypeId: 'contact',
    name: 'person',
    when: [{ field: 'name', is: 'one-of', values: ['Ana', 1, null] }],
    fields: [
      { to: 'name.full', from: 'name', transforms: ['trim', { kind: 'truncate', length: 10 }], required: true },
      { to: 'email', from: 'emails.*.address', transforms: ['first', 'email'], default: null, oneWay: true },
      { to: 'source', constant: 'crm' },
      { to: 'label', template: 'name & "!"' },
      { to: 'size', script: 'record.name.length' },
      { to: 'line', join: { from: ['a', 'b'], separator: ', ' } },
      { to: 'companyId', lookup: { from: 'companyId', shardTypeId: 'company', object: 'companies' } },
      { to: 'phones', items: { from: 'phones', fields: [{ to: 'number', from: 'n' }] } },
    ],
    reverse: [{ to: 'full', from: 'label' }],
    partial: true,
  },
];

export function fuzzSuite(app: () => App): void {
  let mine: Tenant;
  let other: Tenant;
  let expired: ApiCaller;
  let ids: Record<string, string>;
  let othersIds: Record<string, string>;

  beforeAll(async () => {
    [mine, other] = await Promise.all([createTenant(app()), createTenant(app(), othersMark)]);
    ids = await idsOf(mine, 'contact');
    othersIds = await idsOf(other, 'company', '7');
    const token = await app().twin.identity.issueToken({ tenant: mine.tenantId, role: 'admin', expiresInSeconds: -60 });
    expired = app().caller({ authorization: `Bearer ${token}` });
  });

  /** Bodies that the operations take, with as many of their fields as there are. */
  const validBodies = (): Record<string, unknown> => ({
    createIntegration: { provider: 'custom-rest', name: 'Fuzz', settings: demoSettings(app().twin.crm.url) },
    updateIntegration: { name: 'Fuzz', enabled: true, settings: demoSettings(app().twin.crm.url) },
    connectWithKey: { kind: 'basic', username: 'fuzz', password: 'fuzz' },
    setWebhookEndpoint: {
      verification: { kind: 'github' },
      sourceRanges: ['192.0.2.0/24'],
      identity: { by: 'header', header: 'x-id' },
      handshake: { kind: 'echo-body', path: 'challenge' },
      secret: 'a secret of the fuzz',
    },
    rotateWebhookSecret: { secret: 'a secret of the fuzz', keep: 'current', overlapMinutes: 1 },
    createReplay: {
      action: 'redrive',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00Z',
      integrationId: ids['integrationId'],
      states: ['dead'],
    },
    createTask: {
      ...demoTask({ schedule: { kind: 'cron', expression: '1 2 3 4 *', timeZone: 'UTC' } }),
      enabled: true,
      lookBackSeconds: 1,
    },
    updateTask: demoTask({ schedule: { kind: 'interval', everySeconds: 3600 } }),
    createConversionSchema: { name: 'Fuzz', object: 'contacts', targets: fuzzTargets, note: 'fuzz' },
    updateConversionSchema: { name: 'Fuzz' },
    createConversionSchemaVersion: { targets: fuzzTargets, note: 'fuzz' },
    publishConversionSchema: { version: 1 },
    rollBackConversionSchema: { version: 1 },
    testConversionSchema: { targets: fuzzTargets, samples: [{ name: 'Ana' }] },
    dryRunConversionSchema: { targets: fuzzTargets, limit: 1 },
    retryPush: { object: 'contacts', created: { externalId: 'fuzz' } },
    createShardType: { id: 'fuzz', name: 'Fuzz', schema: fuzzSchema },
    updateShardType: { name: 'Fuzz', schema: fuzzSchema },
    checkShardType: { schema: fuzzSchema },
    createShard: { shardTypeId: 'contact', data: { email: 'fuzz@example.org', name: { first: 'Fuzz' } } },
    updateShard: { data: { jobTitle: 'Fuzz', address: { city: null } } },
    runTask: { mode: 'full' },
    retryExecution: { records: 'all' },
    rollBackExecution: { preview: true, acceptProvider: true },
    createApiKey: { name: 'Fuzz', role: 'viewer', expiresInDays: 1 },
    mergeShard: { with: ids['shardId'], strategy: 'newest' },
    createErasure: { of: 'person', shardId: ids['shardId'], suppress: false },
    undoMerge: { preview: true, assign: {} },
    resolveConflict: { fields: [{ field: 'name', take: 'value', value: 'Ana', version: 'v' }], rule: false },
    resolveConflicts: {
      filter: {
        integrationId: ids['integrationId'],
        type: 'contact',
        kind: 'fields',
        field: 'name',
        sinceBefore: '2030-01-01T00:00:00.000Z',
      },
      fields: [{ field: 'name', take: 'ours' }],
      rule: false,
    },
    createMatchRules: { shardTypeId: 'deal', ...matchRules, fieldStrategies: { name: 'most_complete' } },
    updateMatchRules: { ...matchRules, fieldStrategies: { name: 'most_complete' } },
    publishEvent: {
      id: 'fuzz',
      type: 'collaborator.added',
      version: 1,
      at: '2026-01-01T00:00:00Z',
      subject: 'fuzz',
      data: {
        projectId: 'fuzz',
        projectName: 'Fuzz',
        collaborator: { id: 'fuzz', name: 'Fuzz', email: 'fuzz@example.com' },
        addedBy: 'fuzz',
        role: 'editor',
        url: 'https://fuzz.example/',
      },
    },
    createSubscription: {
      url: deafUrl,
      description: 'Fuzz',
      events: [{ type: 'subscription.*', integrationId: ids['integrationId'] }],
      orderBy: 'data.projectId',
      enabled: true,
    },
    updateSubscription: { description: 'Fuzz', events: [{ type: 'subscription.test' }], orderBy: 'subject' },
    rotateSubscriptionSecret: { overlapSeconds: 60 },
    replayEvents: { since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z', only: 'all', type: 'sync.*' },
    dryRunMatchRules: { rules: contactRules.rules, defaultCountry: 'SI' },
  });

  it('has a valid body for every operation that takes one', () => {
    const taking = [...app().api.operations.values()].filter((operation) => operation.bodySchema !== undefined);
    expect(Object.keys(validBodies()).sort()).toEqual(taking.map((operation) => operation.id).sort());
  });

  it.for([
    ['bodies', (operation: Operation) => bodyAttacks(operation, ids, validBodies()[operation.id], app().api)],
    ['queries', (operation: Operation) => queryAttacks(operation, ids)],
    ['paths', (operation: Operation) => pathAttacks(operation, ids, othersIds)],
    ['headers', (operation: Operation) => headerAttacks(operation, ids, validBodies()[operation.id])],
  ] as const)('answers wrong %s with problems that name the place', { timeout: 240_000 }, async ([, attacksOn]) => {
    let count = 0;
    for (const operation of app().api.operations.values()) {
      if (operation.isRaw) continue;
      const attacks = attacksOn(operation);
      count += attacks.length;
      await inParallel(attacks, (attack) => launch(operation, attack));
    }
    expect(count).toBeGreaterThan(50);
  });

  it('lets nobody in who is not signed in, whatever else is sent', async () => {
    for (const operation of app().api.operations.values()) {
      if (operation.isPublic) continue;
      for (const caller of [app().caller(), expired]) {
        const attacks = [
          ...pathAttacks(operation, ids, othersIds),
          ...bodyAttacks(operation, ids, validBodies()[operation.id], app().api),
        ];
        const some = attacks.filter((_attack, index) => index % 9 === 0);
        await inParallel(some, ({ what, options }) => launch(operation, { what, options, caller, status: [401] }));
      }
    }
  });

  it('answers any text in a query and any JSON in a body with an answer of its contract', async () => {
    const lists = [...app().api.operations.values()].filter((operation) => operation.id.startsWith('list'));
    const search = fc.oneof(fc.webQueryParameters(), fc.string({ unit: 'binary' }).map(encodeSearch));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lists), search, async (operation, query) => {
        const answer = await mine.admin.send(operation.id, { params: ids, query });
        expect([200, 400]).toContain(answer.status);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.json(), async (settings) => {
        const raw = `{"provider":"custom-rest","name":"Fuzz","settings":${settings}}`;
        const answer = await mine.admin.send('createIntegration', { raw });
        expect([raw, answer.status]).toEqual([raw, 400]);
        for (const error of answer.problem.errors ?? []) expect(error.field).toMatch(/^\/settings/);
      }),
      { numRuns: 100 },
    );
  });

  it('left the other tenant as it was, and showed nothing of it', async () => {
    expect(await idsOf(other, 'company', '7')).toEqual(othersIds);
    const params = { integrationId: other.integrationId };
    const integration = await other.admin.call('getIntegration', { params });
    expect(integration.json).toMatchObject({ name: othersMark, enabled: true, connection: 'connected' });
    const { items } = await other.admin.call('listTasks', { params });
    expect(items).toMatchObject([{ name: othersMark }]);
  });

  async function launch(operation: Operation, attack: Attack): Promise<void> {
    const answer = await (attack.caller ?? mine.admin).send(operation.id, attack.options);
    const seen = `${operation.id}, ${attack.what}: ${answer.status} ${answer.raw.slice(0, 600)}`;
    if (!attack.status.includes(answer.status)) throw new Error(`Expected ${attack.status.join(' or ')}: ${seen}`);
    if (answer.raw.includes(othersMark)) throw new Error(`Another tenant's data: ${seen}`);
    if (answer.raw.length > 32_768) throw new Error(`A huge answer: ${seen}`);
    if (attack.names !== undefined && answer.status === 400) requireName(answer, attack.names, seen);
  }
}

function requireName(answer: CheckedAnswer, wanted: { in: string; field: string }, seen: string): void {
  const named = (answer.problem.errors ?? []).some(
    (error) => error.in === wanted.in && (error.field === wanted.field || error.field.startsWith(`${wanted.field}/`)),
  );
  if (!named) throw new Error(`Does not name ${wanted.in} ${wanted.field}: ${seen}`);
}

/**
 * @param merged the type of which two shards are merged
 * @param version one that the tenant's conversion schema has, or for the other tenant one that no schema has
 */
async function idsOf(tenant: Tenant, merged: string, version = '1'): Promise<Record<string, string>> {
  const { admin, integrationId, conversionSchemaId, shardTypeId, taskId } = tenant;
  const params = { integrationId };
  if ((await admin.call('listExecutions', { params })).items.length === 0) await syncTenant(tenant);
  if ((await admin.call('listApiKeys')).items.length === 0) {
    await admin.call('createApiKey', { body: { name: 'Fuzz', role: 'viewer' } });
  }
  const first = async (id: string) => String((await admin.call(id, { params, query: { limit: 1 } })).items[0]?.['id']);
  return {
    integrationId,
    conversionSchemaId,
    version,
    shardTypeId,
    taskId,
    executionId: await first('listExecutions'),
    failedRecordId,
    conflictId,
    resolutionId,
    holdId,
    erasureId,
    suppressionId,
    shardId: String((await admin.call('listShards', { query: { limit: 1 } })).items[0]?.['id']),
    field: 'name',
    deliveryId,
    apiKeyId: await first('listApiKeys'),
    ...(await identityIdsOf(tenant, merged)),
    ...(await outgoingIdsOf(tenant)),
  };
}

/** Rules, a merge and a rejected pair. */
async function identityIdsOf(tenant: Tenant, merged: string): Promise<Record<string, string>> {
  const { admin, shardTypeId } = tenant;
  if ((await admin.call('listMatchRules')).items.length === 0) {
    await admin.call('createMatchRules', { body: { shardTypeId, ...matchRules } });
  }
  return mergeAndPart(tenant, merged);
}

/** The same subscription and dispatch in every call; the replay is another one each time, so the first one is kept. */
const replays = new Map<Tenant, string>();

async function outgoingIdsOf(tenant: Tenant): Promise<Record<string, string>> {
  const { admin, integrationId } = tenant;
  const mark = (await admin.call('getIntegration', { params: { integrationId } })).text('name');
  const { replayId, ...made } = await subscribeAndReplay(tenant, mark);
  const first = replays.get(tenant) ?? replayId;
  replays.set(tenant, first);
  return { ...made, replayId: first, type: 'sync.completed' };
}

function encodeSearch(text: string): string {
  return text
    .toWellFormed()
    .split('=')
    .map((part) => encodeURIComponent(part))
    .join('=');
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}
