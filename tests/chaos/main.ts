import { parseArgs } from 'node:util';
import { killWhileBulkSyncing } from './bulk.ts';
import { killCosmos } from './cosmos.ts';
import { runDurablePrograms } from './durable.ts';
import { killWhileMatching } from './identity.ts';
import { killWhileDelivering } from './outgoing.ts';
import { killWhileSyncing } from './sync.ts';
import { killWhileSyncingBothWays } from './two-way.ts';
import { runTwoWayPrograms } from './two-way-model.ts';
import { killWhileReceiving } from './webhooks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '20' },
    records: { type: 'string', default: '100000' },
    deliveries: { type: 'string', default: '10000' },
    programs: { type: 'string', default: '1000' },
    'kill-programs': { type: 'string', default: '300' },
    events: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now()) },
    resume: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const say = (message: string): boolean => process.stderr.write(`${message}\n`);

/** Each returns what is printed, and whether it is as it should be. */
const runs: Record<string, () => Promise<{ result: object; isGood: boolean }>> = {
  async sync() {
    const result = await killWhileSyncing(Number(values.kills), Number(values.seed), say);
    const isWhole = result.lost === 0 && result.duplicated === 0 && result.reconciled;
    return { result, isGood: isWhole && result.state === 'succeeded' };
  },
  async identity() {
    const result = await killWhileMatching(Number(values.kills), Number(values.seed), say);
    return { result, isGood: result.shards === result.people && result.faults.length === 0 };
  },
  async bulk() {
    const size = { records: Number(values.records), kills: Number(values.kills) };
    const result = await killWhileBulkSyncing(size, Number(values.seed), say);
    const isWhole = result.lost === 0 && result.duplicated === 0 && result.reconciled;
    return { result, isGood: isWhole && result.state === 'succeeded' };
  },
  async outgoing() {
    const size = { events: Number(values.events), kills: Number(values.kills) };
    const result = await killWhileDelivering(size, Number(values.seed), say);
    return { result, isGood: result.lost + result.unsigned + result.outOfOrder + result.undelivered === 0 };
  },
  async webhooks() {
    const size = { deliveries: Number(values.deliveries), kills: Number(values.kills) };
    const result = await killWhileReceiving(size, Number(values.seed), say);
    const wrong = result.unprocessed + result.lost + result.doubled + result.disordered;
    return { result, isGood: wrong === 0 && result.stored === result.distinct };
  },
  async cosmos() {
    const result = await killCosmos(Number(values.kills), Number(values.seed), say);
    return { result, isGood: result.mismatch === null };
  },
  async 'two-way'() {
    const result = await killWhileSyncingBothWays(Number(values.kills), Number(values.seed), say);
    const wrong = result.lostEdits + result.unpaired + result.different + result.writesAtRest;
    return { result, isGood: wrong === 0 && result.writesPerChange === 1 };
  },
  async 'two-way-model'() {
    const result = await runTwoWayPrograms(Number(values.programs), values.resume, say);
    return { result, isGood: result.failed === 0 };
  },
  async durable() {
    const counts = { programs: Number(values.programs), killPrograms: Number(values['kill-programs']) };
    const result = await runDurablePrograms({ ...counts, kills: Number(values.kills) }, Number(values.seed), say);
    const wrong = result.mismatches + result.killMismatches + result.stuck + result.lost + result.doubled;
    return { result, isGood: wrong === 0 && result.forgottenTimer.keptRunning && result.kills >= Number(values.kills) };
  },
};

const run = runs[positionals[0] ?? ''];
if (run === undefined) {
  process.stderr.write(
    `npm run chaos -- ${Object.keys(runs).join('|')} [--kills N] [--seed N] [--json]\n  bulk: [--records N]\n  outgoing: [--events N]\n  webhooks: [--deliveries N]\n  durable: [--programs N] [--kill-programs N]\n  two-way-model: [--programs N] [--resume FILE]\n`,
  );
  process.exitCode = 2;
} else {
  const { result, isGood } = await run();
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, undefined, 2)}\n`);
  if (!isGood) process.exitCode = 1;
}
