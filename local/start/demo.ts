import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createApiKey } from '../../shared/contracts/api-keys.ts';
import { connection } from '../../shared/contracts/connections.ts';
import { execution } from '../../shared/contracts/executions.ts';
import { integration } from '../../shared/contracts/integrations.ts';
import { task } from '../../shared/contracts/tasks.ts';
import { type ApiClient, ApiProblem, createApiClient } from './api-client.ts';
import { demoSettings, demoTask } from './demo-task.ts';
import type { Twin } from './twin.ts';

export const demoTenant = 'demo';

export type Execution = z.infer<typeof execution>;

export interface Demo {
  readonly token: string;
  /** API key of the product for the demo tenant, role admin. */
  readonly apiKey: string;
  readonly integrationId: string;
  readonly taskId: string;
  readonly client: ApiClient;
}

const integrationName = 'Demo CRM';
const anything = z.unknown();

/** Connects the demo tenant to the demo CRM through the API, as an operator would. What is there from an earlier start is kept. */
export async function setUpDemo(twin: Twin, dataDir: string): Promise<Demo> {
  const token = await twin.identity.issueToken({ tenant: demoTenant, role: 'admin', expiresInSeconds: 7 * 86_400 });
  const client = createApiClient(() => twin.api(), { authorization: `Bearer ${token}` });
  const integrationId = await ensureIntegration(client, twin);
  const taskId = await ensureTask(client, integrationId);
  return { token, apiKey: await ensureApiKey(client, twin, dataDir), integrationId, taskId, client };
}

async function ensureIntegration(client: ApiClient, twin: Twin): Promise<string> {
  const listed = await client.call(
    'GET',
    'tenant/integrations?provider=custom-rest&limit=100',
    z.object({ items: z.array(integration) }),
  );
  const settings = demoSettings(twin.crm.url);
  const existing = listed.items.find((each) => each.name === integrationName);
  const { id } =
    existing === undefined
      ? await client.call(
          'POST',
          'tenant/integrations',
          integration,
          { provider: 'custom-rest', name: integrationName, settings },
          { 'idempotency-key': randomUUID() },
        )
      : await client.call('PATCH', `tenant/integrations/${existing.id}`, integration, { settings });
  await client.call('POST', `tenant/integrations/${id}/connect/api-key`, connection, {
    kind: 'api-key',
    key: twin.crm.apiKey,
  });
  const test = await client.call(
    'POST',
    `tenant/integrations/${id}/connection/test`,
    z.object({ works: z.boolean(), problem: z.string().optional() }),
  );
  if (!test.works) throw new Error(`The demo CRM does not answer: ${test.problem ?? 'no reason given'}`);
  return id;
}

async function ensureTask(client: ApiClient, integrationId: string): Promise<string> {
  const path = `tenant/integrations/${integrationId}/tasks`;
  const { items } = await client.call('GET', path, z.object({ items: z.array(task) }));
  const existing = items.find((each) => each.name === demoTask().name);
  return (existing ?? (await client.call('POST', path, task, demoTask()))).id;
}

/** The key is shown once, so it is kept beside the data; a key that is no longer accepted is replaced. */
async function ensureApiKey(client: ApiClient, twin: Twin, dataDir: string): Promise<string> {
  const file = join(dataDir, 'demo-api-key');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept !== '' && (await isAccepted(createApiClient(() => twin.api(), { 'x-api-key': kept })))) return kept;
  const { key } = await client.call('POST', 'tenant/api-keys', createApiKeyAnswer, { name: 'Demo', role: 'admin' });
  await writeFile(file, key, { mode: 0o600 });
  return key;
}

const createApiKeyAnswer = createApiKey.success.body ?? z.object({ key: z.string() });

async function isAccepted(client: ApiClient): Promise<boolean> {
  try {
    await client.call('GET', 'integrations', anything);
    return true;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return false;
    throw error;
  }
}

const pollMs = 100;

/**
 * Runs the task and follows the run to its end. A run that is in progress already is followed instead.
 *
 * @param onProgress sees the run a few times a second
 */
export async function runDemoSync(
  demo: Pick<Demo, 'client' | 'integrationId' | 'taskId'>,
  onProgress: (run: Execution) => void = () => undefined,
  mode?: 'full' | 'incremental',
): Promise<Execution> {
  const base = `tenant/integrations/${demo.integrationId}`;
  let run = await startRun(demo, base, mode);
  while (run.finishedAt === undefined) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    run = await demo.client.call('GET', `${base}/executions/${run.id}`, execution);
    onProgress(run);
  }
  return run;
}

async function startRun(
  demo: Pick<Demo, 'client' | 'taskId'>,
  base: string,
  mode: 'full' | 'incremental' | undefined,
): Promise<Execution> {
  try {
    return await demo.client.call(
      'POST',
      `${base}/tasks/${demo.taskId}/run`,
      execution,
      mode === undefined ? {} : { mode },
    );
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === 'already-running')) throw error;
    const { items } = await demo.client.call(
      'GET',
      `${base}/executions?taskId=${demo.taskId}&limit=100`,
      z.object({ items: z.array(execution) }),
    );
    const running = items.find(({ finishedAt }) => finishedAt === undefined);
    if (running === undefined) throw error;
    // Somebody paused it before the last stop, and nobody else would go on with it.
    if (running.state !== 'paused') return running;
    return demo.client.call('POST', `${base}/executions/${running.id}/resume`, execution);
  }
}
