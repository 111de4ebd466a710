import { runDemoSync } from '../local/start/demo.ts';
import type { Twin } from '../local/start/twin.ts';
import { connectTenant } from './bench-tenant.ts';
import { forgetPeakMemory, peakMemoryMb, withTwin } from './bench-twin.ts';
import { note, round } from './report.ts';

interface BulkRun {
  readonly records: number;
  readonly bulk: 'never' | 'always';
  readonly partitions: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly peakRssMb: number;
}

const sizes = [10_000, 100_000];
const million = 1_000_000;

/** The same records read plainly and in partitions, each by a tenant of its own; with `--million` also a million of them. */
export async function measureBulk(): Promise<{ runs: BulkRun[] }> {
  const runs: BulkRun[] = [];
  for (const records of process.argv.includes('--million') ? [...sizes, million] : sizes) {
    const crmArguments = ['--companies', '0', '--contacts', String(records), '--deals', '0'];
    await withTwin({ crmArguments }, async (twin) => {
      for (const bulk of ['never', 'always'] as const) {
        const run = await measure(twin, records, bulk);
        runs.push(run);
        note(JSON.stringify(run));
      }
    });
  }
  return { runs };
}

async function measure(twin: Twin, records: number, bulk: BulkRun['bulk']): Promise<BulkRun> {
  const demo = await connectTenant(twin, `bench-${bulk}`, { task: { bulk } });
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
