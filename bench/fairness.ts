import { z } from 'zod';
import { startDemoCrm } from '../local/demo-crm/server.ts';
import { runDemoSync } from '../local/start/demo.ts';
import type { Twin } from '../local/start/twin.ts';
import { execution } from '../shared/contracts/executions.ts';
import { addTask, type BenchTenant, connectTenant } from './bench-tenant.ts';
import { withTwin } from './bench-twin.ts';
import { median, note, round } from './report.ts';

const records = 200;
const repetitions = 5;
const backfillTasks = 12;
const backfillRecords = 100_000;

type Crm = { readonly url: string; readonly apiKey: string };

/** A small tenant's sync, alone and beside a big tenant's backfill. */
export async function measureFairness(): Promise<Readonly<Record<string, unknown>>> {
  const crmArguments = ['--companies', '0', '--contacts', String(backfillRecords), '--deals', '0'];
  const crm = await startDemoCrm({ companies: 0, contacts: records, deals: 0 });
  try {
    return await withTwin({ crmArguments }, async (twin) => {
      // The first sync of a process loads code; it is nobody's figure.
      await measureTenant(twin, 'warm-up', crm);
      const alone = await measureTenants(twin, 'alone', crm);
      const backfill = await startBackfill(twin);
      const before = await receivedBy(backfill);
      const startedAt = performance.now();
      const beside = await measureTenants(twin, 'beside', crm);
      const seconds = (performance.now() - startedAt) / 1000;
      const after = await receivedBy(backfill);
      return {
        records,
        aloneSeconds: round(median(alone), 2),
        besideBackfillSeconds: round(median(beside), 2),
        ratio: round(median(beside) / median(alone), 2),
        slowestBesideBackfillSeconds: round(Math.max(...beside), 2),
        backfill: {
          tasks: backfillTasks,
          running: after.unfinished,
          recordsPerSecond: round((after.received - before.received) / seconds, 0),
        },
      };
    });
  } finally {
    await crm.close();
  }
}

async function measureTenants(twin: Twin, name: string, crm: Crm): Promise<number[]> {
  const all: number[] = [];
  for (let index = 0; index < repetitions; index += 1) all.push(await measureTenant(twin, `${name}-${index}`, crm));
  note(`${name}: ${all.map((seconds) => round(seconds, 2)).join(', ')} s`);
  return all;
}

async function measureTenant(twin: Twin, tenant: string, crm: Crm): Promise<number> {
  const connected = await connectTenant(twin, tenant, { crm });
  const startedAt = performance.now();
  const run = await runDemoSync(connected, undefined, 'full');
  if (run.state !== 'succeeded' || run.counts.created !== records) throw new Error(`the run was ${run.state}`);
  return (performance.now() - startedAt) / 1000;
}

/** Resolves when the backfill is well under way: each of its places has applied a page. */
async function startBackfill(twin: Twin): Promise<readonly BenchTenant[]> {
  const first = await connectTenant(twin, 'backfill');
  const tasks = [first];
  for (let count = 1; count < backfillTasks; count += 1) tasks.push(await addTask(first, `contact-${count}`));
  for (const { client, integrationId, taskId } of tasks) {
    await client.call('POST', `tenant/integrations/${integrationId}/tasks/${taskId}/run`, execution, { mode: 'full' });
  }
  while ((await receivedBy(tasks)).received < 3000) await new Promise((resolve) => setTimeout(resolve, 100));
  return tasks;
}

async function receivedBy(tasks: readonly BenchTenant[]): Promise<{ received: number; unfinished: number }> {
  const [first] = tasks;
  if (first === undefined) throw new Error('there is no backfill');
  const page = z.object({ items: z.array(execution) });
  const { items } = await first.client.call('GET', `tenant/integrations/${first.integrationId}/executions`, page);
  return {
    received: items.reduce((sum, { counts }) => sum + counts.received, 0),
    unfinished: items.filter(({ finishedAt }) => finishedAt === undefined).length,
  };
}
