import type { z } from 'zod';
import { type ApiClient, ApiProblem, createApiClient } from '../../local/start/api-client.ts';
import { demoSettings, demoTask } from '../../local/start/demo-task.ts';
import { connection } from '../../shared/contracts/connections.ts';
import { execution } from '../../shared/contracts/executions.ts';
import { integration } from '../../shared/contracts/integrations.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { shard } from '../../shared/contracts/shards.ts';
import { task } from '../../shared/contracts/tasks.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { CrmAccess, RecordType } from './crm-control.ts';
import { pollUntil } from './poll-until.ts';
import type { RunningTwin } from './running-twin.ts';
import { sampleTenant } from './sample-documents.ts';

export type Execution = z.infer<typeof execution>;
export type Shard = z.infer<typeof shard>;
type TaskInput = NonNullable<Parameters<typeof demoTask>[0]>;
type Mode = 'full' | 'incremental';

/** A finished run, and the texts with which it waited. */
export type FollowedRun = Execution & { readonly waits: readonly string[] };

/** A tenant of its own with an integration that reads a CRM, and a task. */
export interface TenantOnTwin {
  readonly tenantId: string;
  readonly client: ApiClient;
  readonly headers: Readonly<Record<string, string>>;
  readonly integrationId: string;
  readonly taskId: string;
  /** `tenant/integrations/{id}` */
  readonly base: string;
  connect(key: string): Promise<z.infer<typeof connection>>;
  start(mode?: Mode): Promise<Execution>;
  /** Follows a run to its end, which must come. */
  follow(executionId: string): Promise<FollowedRun>;
  run(mode?: Mode): Promise<FollowedRun>;
  execution(executionId: string): Promise<Execution>;
  executions(): Promise<Execution[]>;
  task(): Promise<z.infer<typeof task>>;
  /** All shards of the tenant, as the API shows them. */
  shards(type: string, status?: 'active' | 'deleted'): Promise<Shard[]>;
  /** All shards of the tenant as they are stored, with `_etag`, by `object externalId` of their source. */
  stored(): Promise<Map<string, ShardDocument & { readonly _etag: string }>>;
}

export interface TenantOptions {
  /** The CRM that is read; the twin's own unless given. */
  readonly crm?: CrmAccess;
  readonly objects?: readonly RecordType[];
  readonly task?: TaskInput;
  readonly settings?: ReturnType<typeof demoSettings>;
}

/** A manual task that mirrors deletions, unless told otherwise. */
export async function createTenant(room: RunningTwin, options: TenantOptions = {}): Promise<TenantOnTwin> {
  const { twin } = room;
  const tenantId = sampleTenant();
  const token = await twin.identity.issueToken({ tenant: tenantId, role: 'admin' });
  const headers = { authorization: `Bearer ${token}` };
  const client = createApiClient(() => twin.api(), headers);
  const crm = options.crm ?? twin.crm;
  const { id: integrationId } = await client.call('POST', 'tenant/integrations', integration, {
    provider: 'custom-rest',
    name: 'CRM',
    settings: options.settings ?? demoSettings(crm.url),
  });
  const base = `tenant/integrations/${integrationId}`;
  const connect = (key: string) => client.call('POST', `${base}/connect/api-key`, connection, { kind: 'api-key', key });
  await connect(crm.apiKey);
  const wanted = options.objects ?? ['contacts'];
  const body = demoTask({
    schedule: { kind: 'manual' },
    objects: demoTask().objects.filter(({ object }) => wanted.includes(object as RecordType)),
    ...options.task,
  });
  const { id: taskId } = await client.call('POST', `${base}/tasks`, task, body);
  const readExecution = (executionId: string) => client.call('GET', `${base}/executions/${executionId}`, execution);
  const start = (mode?: Mode) =>
    client.call('POST', `${base}/tasks/${taskId}/run`, execution, mode === undefined ? {} : { mode });
  const follow = (executionId: string) => followRun(readExecution, executionId);
  return {
    tenantId,
    client,
    headers,
    integrationId,
    taskId,
    base,
    connect,
    start,
    follow,
    run: async (mode) => follow((await start(mode)).id),
    execution: readExecution,
    executions: () => listAll(client, `${base}/executions`, execution),
    task: () => client.call('GET', `${base}/tasks/${taskId}`, task),
    shards: (type, status = 'active') => listAll(client, `tenant/shards?type=${type}&status=${status}`, shard),
    stored: () => listStored(room, tenantId),
  };
}

const endsWithinMs = 90_000;

async function followRun(read: (id: string) => Promise<Execution>, executionId: string): Promise<FollowedRun> {
  const waits = new Set<string>();
  const ended = await pollUntil(
    `The end of ${executionId}`,
    async () => {
      const run = await read(executionId);
      if (run.state === 'waiting') waits.add(run.problem ?? '');
      return run.finishedAt === undefined ? undefined : run;
    },
    endsWithinMs,
  );
  return { ...ended, waits: [...waits] };
}

async function listAll<T>(client: ApiClient, path: string, item: z.ZodType<T>): Promise<T[]> {
  const page = pageOf(item);
  const all: T[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const separator = path.includes('?') ? '&' : '?';
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await client.call('GET', `${path}${separator}limit=100${query}`, page);
    all.push(...answer.items);
    cursor = answer.nextCursor;
  }
  return all;
}

async function listStored(
  { database }: RunningTwin,
  tenantId: string,
): Promise<Map<string, ShardDocument & { readonly _etag: string }>> {
  const { resources } = await database
    .container('shards')
    .items.query<ShardDocument & { readonly _etag: string }>('SELECT * FROM c', { partitionKey: [tenantId] })
    .fetchAll();
  const byRecord = new Map<string, ShardDocument & { readonly _etag: string }>();
  for (const document of resources) {
    for (const { object, externalId } of Object.values(document.sources)) {
      const record = `${object} ${externalId}`;
      if (byRecord.has(record)) throw new Error(`${record} has more than one shard`);
      byRecord.set(record, document);
    }
  }
  return byRecord;
}

/** The problem with which a call is refused; throws when it is not. */
export async function refusalOf(call: Promise<unknown>): Promise<{ status: number; code: string }> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof ApiProblem) return { status: outcome.status, code: outcome.code };
  throw outcome ?? new Error('The call was not refused');
}
