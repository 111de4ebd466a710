import { createSyncHarness, longAgo } from '../tests/kit/sync-harness.ts';
import { median, note, round } from './report.ts';

const records = 50_000;
const repetitions = 5;

/** The pure engine: plan, convert, compare and apply on in-memory ports, in one process without I/O. */
export async function measureEngine(): Promise<{ recordsPerSecond: number; unchangedRecordsPerSecond: number }> {
  const full: number[] = [];
  const unchanged: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const harness = await createSyncHarness({ pageSize: 1000, engine: { pagesPerSlice: 1000, sliceMs: 3_600_000 } });
    for (let index = 0; index < records; index += 1) {
      harness.provider.put(
        `p${index}`,
        { name: ` Person ${index} `, city: 'Maribor', email: `p${index}@example.org` },
        longAgo,
      );
    }
    const { scope, deps } = harness;
    for (const [mode, rates] of [
      ['full', full],
      ['unchanged', unchanged],
    ] as const) {
      const startedAt = performance.now();
      const run = await harness.run('full');
      rates.push(records / ((performance.now() - startedAt) / 1000));
      const expected = mode === 'full' ? run.counts.created : run.counts.unchanged;
      if (expected !== records)
        throw new Error(`${mode}: ${JSON.stringify(run.counts)} for ${records} of ${scope.tenantId}`);
    }
    note(
      `engine: ${Math.round(full.at(-1) ?? 0)} records/s, unchanged ${Math.round(unchanged.at(-1) ?? 0)} (${deps.log.entries.length} log lines)`,
    );
  }
  return { recordsPerSecond: round(median(full), 0), unchangedRecordsPerSecond: round(median(unchanged), 0) };
}
