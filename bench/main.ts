import { measureBulk } from './bulk.ts';
import { measureCompare } from './compare.ts';
import { measureDurable } from './durable.ts';
import { measureEngine } from './engine.ts';
import { measureFairness } from './fairness.ts';
import { measureHttp } from './http.ts';
import { measureIdentity, measureKeyedSync } from './identity.ts';
import { measureJournal } from './journal.ts';
import { measureMerge } from './merge.ts';
import { measureRecords } from './records.ts';
import { report } from './report.ts';
import { measureStart } from './start.ts';
import { measureSync } from './sync.ts';
import { measureTwin } from './twin.ts';
import { measureWebhooks } from './webhooks.ts';

const benchmarks: Record<string, () => Promise<Readonly<Record<string, unknown>>>> = {
  sync: async () => ({ runs: await measureSync(), engine: await measureEngine() }),
  bulk: measureBulk,
  compare: measureCompare,
  engine: measureEngine,
  fairness: measureFairness,
  http: measureHttp,
  records: async () => ({
    ...(await measureRecords()),
    journal: await measureJournal(),
    keyedSync: await measureKeyedSync(),
  }),
  identity: measureIdentity,
  merge: measureMerge,
  start: measureStart,
  twin: measureTwin,
  durable: measureDurable,
  webhooks: measureWebhooks,
};

const name = process.argv[2] ?? '';
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  process.stderr.write(`npm run bench -- ${Object.keys(benchmarks).join('|')} [--json]\n`);
  process.exitCode = 2;
} else {
  report(name, await benchmark());
}
