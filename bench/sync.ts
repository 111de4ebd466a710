import { CosmosClient } from '@azure/cosmos';
import { z } from 'zod';
import { type Demo, type Execution, runDemoSync } from '../local/start/demo.ts';
import type { Twin } from '../local/start/twin.ts';
import { connectTenant } from './bench-tenant.ts';
import { forgetPeakMemory, peakMemoryMb, withTwin } from './bench-twin.ts';
import { median, note, percentile, round } from './report.ts';

export interface SyncRun {
  readonly records: number;
  readonly mode: 'full' | 'unchanged' | 'incremental';
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly pageP95Ms: number;
  readonly peakRssMb: number;
}

/** Records in the CRM, and tenants that sync them one after the other; the figures are medians over the tenants. */
const sizes = [
  { records: 1_000, tenants: 5 },
  { records: 10_000, tenants: 5 },
  { records: 100_000, tenants: 1 },
] as const;

/** Full, unchanged and incremental runs against the demo CRM over HTTP, through the real queue, into the Cosmos twin. */
export async function measureSync(): Promise<SyncRun[]> {
  const runs: SyncRun[] = [];
  for (const { records, tenants } of sizes) {
    const crmArguments = ['--companies', '0', '--contacts', String(records), '--deals', '0'];
    const measured = await withTwin({ crmArguments }, async (twin) => {
      const all: SyncRun[] = [];
      for (let index = 0; index < tenants; index += 1)
        all.push(...(await measureTenant(twin, `bench-${index}`, records)));
      return all;
    });
    for (const mode of ['full', 'unchanged', 'incremental'] as const) {
      const combined = combine(measured.filter((run) => run.mode === mode));
      runs.push(combined);
      note(`${records} ${mode}: ${JSON.stringify(combined)}`);
    }
  }
  return runs;
}

/** @param prepare what the tenant sets up before its first run */
export async function measureTenant(
  twin: Twin,
  tenant: string,
  records: number,
  prepare: (client: Demo['client']) => Promise<void> = async () => undefined,
): Promise<SyncRun[]> {
  const demo = await connectTenant(twin, tenant);
  await prepare(demo.client);
  const full = await measureRun(twin, demo, tenant, 'full');
  expectCounts(full.execution, { created: records });
  const unchanged = await measureRun(twin, demo, tenant, 'full');
  expectCounts(unchanged.execution, { unchanged: records });
  await change(twin, records);
  const incremental = await measureRun(twin, demo, tenant, 'incremental');
  const changed = incremental.execution.counts.updated;
  if (changed < records / 100 || incremental.execution.counts.received > changed + records / 20) {
    throw new Error(`the incremental run was off: ${JSON.stringify(incremental.execution.counts)}`);
  }
  return [
    { ...full.figures, mode: 'full' },
    { ...unchanged.figures, mode: 'unchanged' },
    { ...incremental.figures, mode: 'incremental' },
  ];
}

async function measureRun(
  twin: Twin,
  demo: Pick<Demo, 'client' | 'integrationId' | 'taskId'>,
  tenant: string,
  mode: 'full' | 'incremental',
): Promise<{ execution: Execution; figures: Omit<SyncRun, 'mode'> }> {
  await forgetPeakMemory(twin.appPid());
  const startedAt = performance.now();
  const execution = await runDemoSync(demo, undefined, mode);
  const seconds = (performance.now() - startedAt) / 1000;
  if (execution.state !== 'succeeded') throw new Error(`the run ${execution.state}: ${execution.problem}`);
  const { received } = execution.counts;
  return {
    execution,
    figures: {
      records: received,
      seconds: round(seconds, 3),
      recordsPerSecond: round(received / seconds, 0),
      pageP95Ms: round(percentile(await pageTimesMs(twin, tenant, execution), 0.95), 0),
      peakRssMb: round(await peakMemoryMb(twin.appPid()), 1),
    },
  };
}

/** From the end of one page to the end of the next. */
async function pageTimesMs(twin: Twin, tenant: string, execution: Execution): Promise<number[]> {
  const client = new CosmosClient({ endpoint: twin.cosmos.endpoint, key: twin.cosmos.key });
  const { resources } = await client
    .database('castiel')
    .container('executions')
    .items.query<string>(
      { query: "SELECT VALUE c.at FROM c WHERE c.kind = 'page'" },
      { partitionKey: [tenant, execution.id] },
    )
    .fetchAll();
  client.dispose();
  const ends = [execution.startedAt ?? execution.createdAt, ...resources.sort()].map((at) => Date.parse(at));
  return ends.slice(1).map((end, index) => end - (ends[index] ?? end));
}

async function change(twin: Twin, records: number): Promise<void> {
  const response = await fetch(`${twin.crm.url}/admin/change`, {
    method: 'POST',
    headers: { 'x-api-key': twin.crm.apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'contacts', kind: 'update', count: records / 100 }),
  });
  z.object({ ids: z.array(z.string()) }).parse(await response.json());
}

function expectCounts(execution: Execution, expected: Partial<Execution['counts']>): void {
  for (const [outcome, count] of Object.entries(expected)) {
    const actual = execution.counts[outcome as keyof Execution['counts']];
    if (actual !== count) throw new Error(`expected ${count} ${outcome}: ${JSON.stringify(execution.counts)}`);
  }
}

function combine(runs: readonly SyncRun[]): SyncRun {
  const [first] = runs;
  if (first === undefined) throw new Error('nothing was measured');
  const seconds = median(runs.map((run) => run.seconds));
  return {
    records: first.records,
    mode: first.mode,
    seconds,
    recordsPerSecond: round(first.records / seconds, 0),
    pageP95Ms: median(runs.map((run) => run.pageP95Ms)),
    peakRssMb: Math.max(...runs.map((run) => run.peakRssMb)),
  };
}
