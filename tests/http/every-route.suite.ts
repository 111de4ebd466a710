import { beforeAll, expect, it } from 'vitest';
import { demoTask } from '../../local/start/demo-task.ts';
import { contactRules } from '../kit/labelled-people.ts';
import { sampleTenant } from '../kit/sample-documents.ts';
import { type App, createTenant, syncTenant, type Tenant } from './start-app.ts';

/** Walks through every operation once, as a customer would. The callers check each answer against the document. */
export function everyRouteSuite(app: () => App): void {
  let tenant: Tenant;
  let executionId: string;

  beforeAll(async () => {
    tenant = await createTenant(app());
    executionId = await syncTenant(tenant);
  });

  it('is live, and ready with each dependency named', async () => {
    expect((await app().caller().call('live')).json).toEqual({ status: 'live' });
    const ready = await app().caller().call('ready');
    expect(Object.keys(ready.json['checks'] as object).length).toBeGreaterThanOrEqual(3);
  });

  it('shows the catalog with the settings of each provider', async () => {
    const { items } = await tenant.admin.call('listCatalog');
    expect(items).toMatchObject([
      { provider: 'custom-rest', capabilities: ['pull', 'push', 'webhooks'], settingsSchema: { type: 'object' } },
      { provider: 'webhook', capabilities: ['webhooks'], settingsSchema: { type: 'object' } },
    ]);
  });

  it('lives through the life of an integration', async () => {
    const { admin } = tenant;
    const settings = { baseUrl: app().twin.crm.url, auth: { kind: 'none' }, testPath: '/v1/me', objects: {} };
    const created = await admin.call('createIntegration', {
      body: {
        provider: 'custom-rest',
        name: 'Žiga ≈ 企業 🙂',
        settings: { ...settings, objects: { companies: companies } },
      },
    });
    const params = { integrationId: created.text('id') };
    expect((await admin.call('getIntegration', { params })).json).toEqual(created.json);
    const updated = await admin.call('updateIntegration', { params, body: { enabled: false, name: 'Renamed' } });
    expect(updated.json).toMatchObject({
      ...created.json,
      enabled: false,
      name: 'Renamed',
      updatedAt: expect.any(String),
    });
    expect((await admin.call('listIntegrations')).items.map((item) => item['id'])).toContain(params.integrationId);
    await admin.call('deleteIntegration', { params });
    expect((await admin.send('getIntegration', { params })).status).toBe(404);
    expect((await admin.send('deleteIntegration', { params })).status).toBe(404);
  });

  it('connects, tests with a real call, and disconnects', async () => {
    const { admin, integrationId } = await createTenant(app());
    const params = { integrationId };
    const test = async () => (await admin.call('testConnection', { params })).json;
    const state = async () => (await admin.call('getConnection', { params })).json;
    expect(await test()).toMatchObject({ works: true });
    expect(await state()).toMatchObject({
      state: 'connected',
      kind: 'api-key',
      hint: `…${app().twin.crm.apiKey.slice(-4)}`,
    });
    await admin.call('connectWithKey', { params, body: { kind: 'api-key', key: 'not-the-right-key' } });
    expect(await test()).toMatchObject({ works: false, problem: expect.any(String) });
    expect(await state()).toMatchObject({ state: 'failing', problem: expect.any(String) });
    const shown =
      (await admin.call('getIntegration', { params })).raw + (await admin.call('getConnection', { params })).raw;
    expect(shown).not.toContain('not-the-right');
    await admin.call('connectWithKey', { params, body: { kind: 'api-key', key: app().twin.crm.apiKey } });
    expect(await test()).toMatchObject({ works: true });
    expect((await admin.call('disconnect', { params })).json).toEqual({ integrationId, state: 'not-connected' });
    expect((await admin.send('testConnection', { params })).problem.code).toBe('not-connected');
    await admin.call('connectWithKey', { params, body: { kind: 'api-key', key: app().twin.crm.apiKey } });
    expect(await test()).toMatchObject({ works: true });
  });

  it('lives through the life of a task', async () => {
    const { admin, integrationId } = tenant;
    const body = demoTask({
      name: 'Nightly',
      schedule: { kind: 'cron', expression: '30 2 * * *', timeZone: 'Europe/Ljubljana' },
    });
    const created = await admin.call('createTask', { params: { integrationId }, body });
    const params = { integrationId, taskId: created.text('id') };
    expect(created.json).toMatchObject({ name: 'Nightly', nextRunAt: expect.any(String) });
    expect((await admin.call('getTask', { params })).json).toEqual(created.json);
    expect((await admin.call('listTasks', { params })).items.map((item) => item['id'])).toContain(params.taskId);
    const updated = await admin.call('updateTask', { params, body: { schedule: { kind: 'manual' }, pageSize: 7 } });
    expect(updated.json).toMatchObject({ pageSize: 7, schedule: { kind: 'manual' } });
    expect(updated.json['nextRunAt']).toBeUndefined();
    await admin.call('deleteTask', { params });
    expect((await admin.send('getTask', { params })).status).toBe(404);
  });

  it('shows the run, its counts and what it brought', async () => {
    const { admin, integrationId, taskId } = tenant;
    const run = (await admin.call('getExecution', { params: { integrationId, executionId } })).json;
    const counts = run['counts'] as Record<string, number>;
    expect(counts).toMatchObject({ received: 160, failed: 0 });
    expect(run).toMatchObject({ taskId, state: 'succeeded', trigger: 'manual' });
    const listed = await admin.call('listExecutions', {
      params: { integrationId },
      query: { taskId, state: 'succeeded' },
    });
    expect(listed.items.map((item) => item['id'])).toEqual([executionId]);
    const { items } = await admin.call('listShards', { query: { type: 'deal', limit: 1 } });
    const shardId = String(items[0]?.['id']);
    expect((await admin.call('getShard', { params: { shardId } })).json).toEqual(items[0]);
  });

  it('tells what happened, filtered by type and integration', async () => {
    const { admin, integrationId } = tenant;
    const query = { type: 'sync.completed', integrationId };
    const { items } = await admin.call('listEvents', { query });
    expect(items).toMatchObject([{ subject: executionId, data: { integrationId, state: 'succeeded' } }]);
    expect((await admin.call('listEvents')).items).toEqual(expect.arrayContaining(items));
    expect((await admin.call('listEvents', { query: { ...query, type: 'sync.failed' } })).items).toEqual([]);
    const other = await createTenant(app());
    expect((await other.admin.call('listEvents', { query })).items).toEqual([]);
  });

  it('shows how the integrations do, and which keys end soon', async () => {
    const { admin, integrationId } = tenant;
    const key = await admin.call('createApiKey', { body: { name: 'Short', expiresInDays: 7 } });
    await admin.call('createApiKey', { body: { name: 'Long', expiresInDays: 90 } });
    const shown = await admin.call('listIntegrationHealth');
    expect(shown.items).toMatchObject([{ integrationId, provider: 'custom-rest', health: 'healthy', reasons: [] }]);
    expect(shown.json['expiringApiKeys']).toEqual([{ id: key.text('id'), expiresAt: key.text('expiresAt') }]);
    await admin.call('revokeApiKey', { params: { apiKeyId: key.text('id') } });
    const viewer = await app().signedIn(sampleTenant(), 'viewer');
    expect((await viewer.call('listIntegrationHealth')).json).toEqual({ items: [], expiringApiKeys: [] });
  });

  it('lives through the life of a shard', async () => {
    const { admin } = tenant;
    const data = { name: { first: 'Živa', last: 'Novak' }, email: 'ziva@example.si', phone: null };
    const created = await admin.call('createShard', { body: { shardTypeId: 'contact', data } });
    expect(created.json).toMatchObject({ status: 'active', revision: 1, data, sources: [] });
    const params = { shardId: created.text('id') };
    const shown = await admin.call('getShard', { params });
    expect([shown.json, shown.etag]).toEqual([created.json, created.etag]);
    const edit = { data: { name: { last: null }, jobTitle: 'Dean' } };
    const headers = { 'if-match': created.etag };
    const updated = await admin.call('updateShard', { params, body: edit, headers });
    expect(updated.json).toMatchObject({ revision: 2, data: { name: { first: 'Živa' }, jobTitle: 'Dean' } });
    expect((await admin.send('updateShard', { params, body: edit, headers })).problem.code).toBe('precondition-failed');
    const unfit = await admin.send('updateShard', { params, body: { data: { jobTitle: 7 } } });
    expect(unfit.problem.errors).toMatchObject([{ in: 'body', field: '/data/jobTitle' }]);
    await admin.call('deleteShard', { params });
    expect((await admin.call('getShard', { params })).json).toMatchObject({ status: 'deleted', revision: 3 });
    expect((await admin.send('updateShard', { params, body: edit })).problem.code).toBe('wrong-state');
  });

  it('finds shards by text and by field', async () => {
    const { items } = await tenant.admin.call('listShards', { query: { type: 'contact', limit: 100 } });
    const email =
      items.map((item) => (item['data'] as { email?: string }).email).find((value) => value !== undefined) ?? '';
    const byField = await tenant.admin.call('listShards', { query: { field: 'email', value: email } });
    expect(byField.items.length).toBeGreaterThan(0);
    for (const item of byField.items) expect(item['data']).toMatchObject({ email });
    const byText = await tenant.admin.call('listShards', { query: { text: email.toUpperCase() } });
    expect(byText.items.map((item) => item['id'])).toEqual(
      expect.arrayContaining(byField.items.map((item) => item['id'])),
    );
    const deals = await tenant.admin.call('listShards', { query: { type: 'deal', limit: 100 } });
    const amount = deals.items
      .map((item) => (item['data'] as { amount?: number | null }).amount)
      .find((value) => typeof value === 'number');
    const byNumber = await tenant.admin.call('listShards', { query: { field: 'amount', value: Number(amount) } });
    expect(byNumber.items.length).toBeGreaterThan(0);
  });

  it('lives through the life of match rules, and says what they would merge', async () => {
    const { admin } = tenant;
    const params = { shardTypeId: 'contact' };
    const { version: _version, ...rules } = contactRules;
    const created = await admin.call('createMatchRules', { body: { shardTypeId: 'contact', ...rules } });
    expect(created.json).toMatchObject({ version: 1, strategy: 'newest' });
    expect((await admin.send('createMatchRules', { body: { shardTypeId: 'contact', ...rules } })).status).toBe(409);
    const everyone = [{ kind: 'exact', name: 'City', key: [{ fields: ['address.city'], as: 'text' }] }];
    const dryRun = await admin.call('dryRunMatchRules', { params, body: { rules: everyone }, query: { limit: 1 } });
    expect(dryRun.json).toMatchObject({ examined: 80, complete: true, reviews: 0 });
    expect(dryRun.items.length).toBeLessThanOrEqual(1);
    const updated = await admin.call('updateMatchRules', { params, body: { strategy: 'most_complete' } });
    expect(updated.json).toMatchObject({ version: 2, strategy: 'most_complete', rules: created.json['rules'] });
    expect((await admin.call('listMatchRuleVersions', { params })).items).toMatchObject([{ version: 1 }]);
    expect((await admin.call('listMatchRules')).items).toEqual([(await admin.call('getMatchRules', { params })).json]);
    await admin.call('deleteMatchRules', { params });
    expect((await admin.send('getMatchRules', { params })).status).toBe(404);
    const again = await admin.call('createMatchRules', { body: { shardTypeId: 'contact', ...rules } });
    expect(again.json['version']).toBe(3);
    await admin.call('deleteMatchRules', { params });
  });

  it('merges two shards, answers for both ids, and makes two of them again', async () => {
    const { admin } = tenant;
    const { items } = await admin.call('listShards', { query: { type: 'company', limit: 2 } });
    const [newer = '', older = ''] = items.map((item) => String(item['id']));
    const merged = await admin.call('mergeShard', { params: { shardId: older }, body: { with: newer } });
    expect(merged.json).toMatchObject({ state: 'done', survivorId: older, mergedId: newer, trigger: 'person' });
    const shown = (await admin.call('getShard', { params: { shardId: newer } })).json;
    expect(shown).toMatchObject({ id: older, mergedInto: older, status: 'active' });
    expect(shown['sources']).toHaveLength(2);
    const again = await admin.send('mergeShard', { params: { shardId: newer }, body: { with: older } });
    expect(again.problem.code).toBe('already-merged');
    const params = { mergeId: merged.text('id') };
    const preview = await admin.call('undoMerge', { params, body: { preview: true } });
    expect(preview.json).toMatchObject({ state: 'done', undo: { assignments: [{}, {}] } });
    expect((await admin.call('undoMerge', { params })).json).toMatchObject({ state: 'undone' });
    expect((await admin.call('getMerge', { params })).json).toMatchObject({ state: 'undone' });
    expect((await admin.call('listMerges', { query: { state: 'undone' } })).items).toHaveLength(1);
    expect((await admin.send('undoMerge', { params })).problem.code).toBe('cannot-undo');
    for (const [index, shardId] of [newer, older].entries()) {
      const { data, sources } = (await admin.call('getShard', { params: { shardId } })).json;
      expect({ data, sources }).toEqual({ data: items[index]?.['data'], sources: items[index]?.['sources'] });
    }
  });

  it('decides about a pair, and the other way round', async () => {
    const { admin } = tenant;
    const [candidate] = (await admin.call('listMergeCandidates', { query: { state: 'rejected' } })).items;
    const params = { candidateId: String(candidate?.['id']) };
    expect((await admin.call('getMergeCandidate', { params })).json).toEqual(candidate);
    const accepted = await admin.call('acceptMergeCandidate', { params });
    expect(accepted.json).toMatchObject({ state: 'accepted', mergeId: expect.any(String) });
    expect((await admin.send('rejectMergeCandidate', { params })).problem.code).toBe('already-merged');
    await admin.call('undoMerge', { params: { mergeId: accepted.text('mergeId') } });
    expect((await admin.call('rejectMergeCandidate', { params })).json).toMatchObject({ state: 'rejected' });
  });

  it('issues, lists and revokes API keys', async () => {
    const created = await tenant.admin.call('createApiKey', { body: { name: 'CI', role: 'viewer', expiresInDays: 1 } });
    const keyed = app().caller({ 'x-api-key': created.text('key') });
    expect((await keyed.call('listIntegrations')).items).toHaveLength(1);
    const listed = (await tenant.admin.call('listApiKeys')).items.find((item) => item['id'] === created.json['id']);
    expect(listed).toMatchObject({ name: 'CI', lastUsedAt: expect.any(String) });
    await tenant.admin.call('revokeApiKey', { params: { apiKeyId: created.text('id') } });
    expect((await keyed.send('listIntegrations')).status).toBe(401);
  });

  it('refuses to remove what is running', async () => {
    const { admin, integrationId, taskId } = await createTenant(app());
    const crm = { headers: { 'x-api-key': app().twin.crm.apiKey, 'content-type': 'application/json' } };
    const slow = { kind: 'slow', ms: 1500, times: 2, match: { type: 'companies' } };
    await fetch(`${app().twin.crm.url}/admin/faults`, { ...crm, method: 'PUT', body: JSON.stringify(slow) });
    await admin.call('runTask', { params: { integrationId, taskId } });
    expect((await admin.send('runTask', { params: { integrationId, taskId } })).problem.code).toBe('already-running');
    expect((await admin.send('deleteTask', { params: { integrationId, taskId } })).problem.code).toBe(
      'already-running',
    );
    expect((await admin.send('deleteIntegration', { params: { integrationId } })).problem.code).toBe('already-running');
  });
}

const companies = {
  path: '/v1/companies',
  itemsPath: 'data',
  idField: 'id',
  paging: { kind: 'cursor', cursorParam: 'cursor', cursorPath: 'paging.nextCursor', sizeParam: 'limit' },
};
