import { createApiClient } from '../local/start/api-client.ts';
import type { Demo } from '../local/start/demo.ts';
import { demoSettings, demoTask } from '../local/start/demo-task.ts';
import type { Twin } from '../local/start/twin.ts';
import { connection } from '../shared/contracts/connections.ts';
import { integration } from '../shared/contracts/integrations.ts';
import { task } from '../shared/contracts/tasks.ts';
import type { CrmAccess } from '../tests/kit/crm-control.ts';

/** A tenant with one task. */
export type BenchTenant = Pick<Demo, 'client' | 'integrationId' | 'taskId'>;

type TaskChanges = NonNullable<Parameters<typeof demoTask>[0]>;

/** A new tenant, connected to a CRM, with a manual task that reads contacts. */
export async function connectTenant(
  twin: Twin,
  tenant: string,
  { crm = twin.crm, task: changes = {} }: { readonly crm?: CrmAccess; readonly task?: TaskChanges } = {},
): Promise<BenchTenant> {
  const token = await twin.identity.issueToken({ tenant, role: 'admin' });
  const client = createApiClient(() => twin.api(), { authorization: `Bearer ${token}` });
  const settings = demoSettings(crm.url);
  const { id } = await client.call('POST', 'tenant/integrations', integration, {
    provider: 'custom-rest',
    name: 'CRM',
    settings,
  });
  await client.call('POST', `tenant/integrations/${id}/connect/api-key`, connection, {
    kind: 'api-key',
    key: crm.apiKey,
  });
  return addTask({ client, integrationId: id }, 'contact', changes);
}

/** Another task of the tenant's integration that reads the contacts into shards of a type. */
export async function addTask(
  { client, integrationId }: Pick<BenchTenant, 'client' | 'integrationId'>,
  shardTypeId: string,
  changes: TaskChanges = {},
): Promise<BenchTenant> {
  const objects = demoTask().objects.filter((each) => each.object === 'contacts');
  const body = demoTask({
    schedule: { kind: 'manual' },
    objects: objects.map((mapping) => ({ ...mapping, shardTypeId })),
    ...changes,
  });
  const created = await client.call('POST', `tenant/integrations/${integrationId}/tasks`, task, body);
  return { client, integrationId, taskId: created.id };
}
