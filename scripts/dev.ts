import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';

/**
 * `npm run dev`: everything that `npm start` starts, on the same data, started again when a source of the app or of the twin changes.
 * Arguments go to `npm start`.
 */
const root = join(import.meta.dirname, '..');
const watched = ['functions', 'shared', 'adapters', 'local', 'host.json'];
const settleMs = 200;

let running: ChildProcess | undefined;
let timer: NodeJS.Timeout | undefined;
let isStopping = false;
let isRestarting = false;

for (const path of watched) {
  watch(join(root, path), { recursive: true }, (_event, file) => {
    if (file !== null && !/\.(ts|json)$/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(restart, settleMs);
  });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopping = true;
    if (running === undefined) process.exit();
    running.kill('SIGTERM');
  });
}
start();

function start(): void {
  const child = spawn(process.execPath, [join(root, 'local/start/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  running = child;
  isRestarting = false;
  child.once('close', (code) => {
    running = undefined;
    if (isStopping) process.exit();
    if (isRestarting) start();
    else if (code !== 0) process.stderr.write('It ended; a change of a source starts it again.\n');
  });
}

/** The old one ends in its own way before the new one takes its port and its data. */
function restart(): void {
  process.stderr.write('\nA source changed: starting again …\n');
  isRestarting = running !== undefined;
  if (running === undefined) start();
  else running.kill('SIGTERM');
}
