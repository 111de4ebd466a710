/**
 * Runs a command of the project on a fresh clone: installs what is missing, then goes on under the project's own Node.
 * Plain JavaScript without dependencies, because it runs before there are any, under whatever Node (20 or newer) is there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marker = join(root, 'node_modules', '.installed-for');
const binaries = join(root, 'node_modules', '.bin');

const commands = {
  start: ['local/start/main.ts'],
  test: ['scripts/run-suites.ts', 'all'],
  check: ['scripts/run-suites.ts', 'check'],
};

const [name = '', ...rest] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) fail(`Unknown command "${name}". It is one of: ${Object.keys(commands).join(', ')}.`);
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed; this is ${process.version}.`);

if (!isInstalled()) {
  say('Installing dependencies (the first time takes about a minute) …');
  const startedAt = Date.now();
  const npm = process.env.npm_execpath;
  // The warnings are about the Node that runs npm; what is installed runs under the project's own.
  const args = ['ci', '--loglevel=error', '--progress=true'];
  const code = await run(...(npm ? [process.execPath, [npm, ...args]] : ['npm', args]), { stdio: ['ignore', 2, 2] });
  if (code !== 0) fail(`npm ci failed with exit code ${code}. See its output above.`);
  writeFileSync(marker, fingerprint());
  say(`Dependencies installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}
process.exitCode = await run(join(binaries, 'node'), [...command, ...rest], { stdio: 'inherit' });

/** Installed, and for this very lockfile. */
function isInstalled() {
  return existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint() && existsSync(join(binaries, 'node'));
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Resolves with the exit code; signals for this process are passed on, so that Ctrl-C ends the command in its own way. */
function run(file, args, options) {
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}` };
    const child = spawn(file, args, { cwd: root, env, ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
    child.once('error', (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve(127);
    });
    child.once('close', (code, signal) => {
      for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(each, forward);
      resolve(code ?? (signal === null ? 1 : 130));
    });
  });
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
