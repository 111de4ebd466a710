import { parseArgs } from 'node:util';
import { killWhileSyncing } from './sync.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now()) },
    json: { type: 'boolean', default: false },
  },
});

const [name] = positionals;
if (name !== 'sync') {
  process.stderr.write('npm run chaos -- sync [--kills N] [--seed N] [--json]\n');
  process.exitCode = 2;
} else {
  const result = await killWhileSyncing(Number(values.kills), Number(values.seed), (message) =>
    process.stderr.write(`${message}\n`),
  );
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, undefined, 2)}\n`);
  const good = result.lost === 0 && result.duplicated === 0 && result.reconciled && result.state === 'succeeded';
  if (!good) process.exitCode = 1;
}
