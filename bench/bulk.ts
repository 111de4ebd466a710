import { runDemoSync } from '../local/start/demo.ts';
import type { Twin } from '../local/start/twin.ts';
import { connectTenant } from './bench-tenant.ts';
import { forgetPeakMemory, peakMemoryMb, withTwin } from './bench-twin.ts';
import { median, note, round } from './report.ts';

interface BulkRun {
  readonly records: number;
  readonly bulk: 'never' | 'always';
  readonly partitions: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly peakRssMb: number;
}

/** Records in the CRM, and tenants that read them each way, in turns; the figures are medians over the tenants. */
const sizes = [
  { records: 10_000, tenants: 3 },
  { records: 100_000, tenants: 3 },
];
const million = { records: 1_000_000, tenants: 1 };

/** The same records read plainly and in partitions, each by a tenant of its own; with `--million` also a million of them. */
export async function measureBulk(): Promise<{ runs: BulkRun[] }> {
  const runs: BulkRun[] = [];
  for (const { records, tenants } of process.argv.includes('--million') ? [...sizes, million] : sizes) {
    const crmArguments = ['--companies', '0', '--contacts', String(records), '--deals', '0'];
    const measured = await withTwin({ crmArguments }, async (twin) => {
      const all: BulkRun[] = [];
      for (let tenant = 0; tenant < tenants; tenant += 1)
        for (const bulk of ['never', 'always'] as const) all.push(await measure(twin, records, bulk, tenant));
      return all;
    });
    for (const bulk of ['never', 'always'] as const) {
      const run = combine(measured.filter((each) => each.bulk === bulk));
      runs.push(run);
      note(JSON.stringify(run));
    }
  }
  return { runs };
}

function combine(runs: readonly BulkRun[]): BulkRun {
  const [first] = runs;
  if (first === undefined) throw new Error('nothing was measured');
  const seconds = median(runs.map((run) => run.seconds));
  const peakRssMb = Math.max(...runs.map((run) => run.peakRssMb));
  return { ...first, seconds, recordsPerSecond: round(first.records / seconds, 0), peakRssMb };
}

async function measure(twin: Twin, records: number, bulk: BulkRun['bulk'], tenant: number): Promise<BulkRun> {
  const demo = await connectTenant(twin, `bench-${bulk}-${tenant}`, { task: { bulk } });
  await forgetPeakMemory(twin.appPid());
  const startedAt = performance.now();
  const execution = await runDemoSync(demo, undefined, 'full');
  const seconds = (performance.now() - startedAt) / 1000;
  const { created, received } = execution.counts;
  if (execution.state !== 'succeeded' || created !== records || received !== records)
    throw new Error(`the run ${execution.state}: ${execution.problem} ${JSON.stringify(execution.counts)}`);
  return {
    records,
    bulk,
    partitions: execution.progress.partitions ?? 0,
    seconds: round(seconds, 2),
    recordsPerSecond: round(records / seconds, 0),
    peakRssMb: round(await peakMemoryMb(twin.appPid()), 1),
  };
}
