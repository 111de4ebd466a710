import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../local/start/build-app.ts';
import { demoSettings, demoTask } from '../../local/start/demo-task.ts';
import { startTwin, type Twin } from '../../local/start/twin.ts';
import type { Role } from '../../shared/contracts/route.ts';
import type { CrmAccess } from '../kit/crm-control.ts';
import { sampleTenant } from '../kit/sample-documents.ts';
import { ApiCaller } from './api-caller.ts';
import { type ApiDescription, describeApi } from './api-description.ts';

/** The built app in the host, on the local twin, and the ways in. */
export interface App {
  readonly twin: Twin;
  readonly dataDir: string;
  readonly api: ApiDescription;
  /** A caller of that tenant and role. */
  signedIn(tenant: string, role?: Role): Promise<ApiCaller>;
  /** A caller with these headers and no others. */
  caller(headers?: Readonly<Record<string, string>>): ApiCaller;
  /** What failed inside the app so far: every 5xx leaves a line. */
  readonly alerts: readonly string[];
  close(): Promise<void>;
}

/** Builds the app and starts it with a small demo CRM. */
export async function startApp(): Promise<App> {
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-http-'));
  await buildApp();
  const alerts: string[] = [];
  const twin = await startTwin({
    dataDir,
    crmArguments: ['--companies', '60', '--contacts', '80', '--deals', '20'],
    onLog: (service, line) => {
      if (service === 'app' && /a request failed|ALERT/.test(line)) alerts.push(line);
    },
  });
  const api = describeApi(await (await fetch(`${twin.api()}/openapi.json`)).json());
  const caller = (headers: Readonly<Record<string, string>> = {}) => new ApiCaller(twin.api(), api, headers);
  return {
    twin,
    dataDir,
    api,
    alerts,
    caller,
    signedIn: async (tenant, role = 'admin') => {
      const token = await twin.identity.issueToken({ tenant, role });
      return caller({ authorization: `Bearer ${token}` });
    },
    close: async () => {
      await twin.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A tenant with an integration that reads the demo CRM, connected, and a manual task. */
export interface Tenant {
  readonly tenantId: string;
  readonly admin: ApiCaller;
  readonly integrationId: string;
  readonly conversionSchemaId: string;
  readonly shardTypeId: string;
  readonly taskId: string;
}

/** A tenant that no other test has. `mark` stands in all its texts. It reads the app's CRM, unless another is given. */
export async function createTenant(
  app: App,
  mark = 'Demo CRM',
  crm: CrmAccess = app.twin.crm,
  changes: Parameters<typeof demoTask>[0] = {},
): Promise<Tenant> {
  const tenantId = sampleTenant();
  const admin = await app.signedIn(tenantId);
  const integration = await admin.call('createIntegration', {
    body: { provider: 'custom-rest', name: mark, settings: demoSettings(crm.url) },
  });
  const integrationId = integration.text('id');
  await admin.call('connectWithKey', {
    params: { integrationId },
    body: { kind: 'api-key', key: crm.apiKey },
  });
  const conversionSchema = await admin.call('createConversionSchema', {
    params: { integrationId },
    body: { name: mark, object: 'deals', targets: [{ shardTypeId: 'deal', fields: [{ to: 'name', from: 'name' }] }] },
  });
  const shardType = await admin.call('createShardType', {
    body: {
      id: `thing-${tenantId}`.slice(0, 64),
      name: mark,
      schema: { type: 'object', properties: { name: { type: 'string' } } },
    },
  });
  const task = await admin.call('createTask', {
    params: { integrationId },
    body: demoTask({ name: mark, schedule: { kind: 'manual' }, ...changes }),
  });
  return {
    tenantId,
    admin,
    integrationId,
    conversionSchemaId: conversionSchema.text('id'),
    shardTypeId: shardType.text('id'),
    taskId: task.text('id'),
  };
}

/** Merges two shards of a tenant and undoes it, which leaves a merge and a pair that is remembered as rejected; the ids of both. */
export async function mergeAndPart(
  { admin }: Pick<Tenant, 'admin'>,
  type = 'contact',
): Promise<{ mergeId: string; candidateId: string }> {
  if ((await admin.call('listMerges')).items.length === 0) {
    const { items } = await admin.call('listShards', { query: { type, limit: 2 } });
    const [shardId = '', other] = items.map((item) => String(item['id']));
    const merge = await admin.call('mergeShard', { params: { shardId }, body: { with: other } });
    await admin.call('undoMerge', { params: { mergeId: merge.text('id') } });
  }
  const [merge] = (await admin.call('listMerges')).items;
  const [candidate] = (await admin.call('listMergeCandidates', { query: { state: 'rejected' } })).items;
  return { mergeId: String(merge?.['id']), candidateId: String(candidate?.['id']) };
}

/** Where nobody listens: the discard port of this machine. */
export const deafUrl = 'http://127.0.0.1:9/';

/** Subscribes a receiver that never answers to nothing that happens, sends it a test and replays a moment; the ids of what that made. */
export async function subscribeAndReplay(
  { admin }: Pick<Tenant, 'admin'>,
  description = 'Deaf',
): Promise<{ subscriptionId: string; dispatchId: string; replayId: string }> {
  const [present] = (await admin.call('listSubscriptions')).items;
  const body = { url: deafUrl, events: [{ type: 'subscription.test' }], description };
  const subscriptionId = String((present ?? (await admin.call('createSubscription', { body })).json)['id']);
  const params = { subscriptionId };
  const [sent] = (await admin.call('listDispatches', { params, query: { limit: 1 } })).items;
  const dispatchId = String((sent ?? (await admin.call('testSubscription', { params })).json)['id']);
  const moment = { since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' };
  const replay = await admin.call('replayEvents', { params, body: moment });
  return { subscriptionId, dispatchId, replayId: replay.text('id') };
}

const syncWithinMs = 60_000;
const pollMs = 100;

/** Runs the tenant's task to its end; throws unless it succeeded. Returns the run's id. */
export async function syncTenant({ admin, integrationId, taskId }: Tenant): Promise<string> {
  const started = await admin.call('runTask', { params: { integrationId, taskId } });
  const executionId = started.text('id');
  const deadline = Date.now() + syncWithinMs;
  for (;;) {
    const run = await admin.call('getExecution', { params: { integrationId, executionId } });
    if (run.json['state'] === 'succeeded') return executionId;
    if (run.json['finishedAt'] !== undefined || Date.now() > deadline) {
      throw new Error(`The sync did not succeed: ${JSON.stringify(run.json)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
