import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { findAdapter } from '../../../adapters/registry.ts';
import type { Credential } from '../../../shared/core/adapter.ts';
import { recordCalls } from './record-calls.ts';
import { recordDeliveries } from './record-deliveries.ts';
import { CassetteRecorder } from './recorder.ts';

const usage = `Usage:
  npm run record -- deliveries --to http://127.0.0.1:7071 --out FILE [--port N] [--secret VARIABLE]...
      Listens in front of the app, passes on what comes, and writes the cassette at Ctrl-C.
  npm run record -- calls --provider ID --settings FILE --object NAME --out FILE [--credential KIND:VARIABLE[,VARIABLE]]
      [--pages 3] [--page-size 20] [--since INSTANT] [--private] [--secret VARIABLE]...
      Has the provider's adapter check the connection and read some pages.
  Secrets are read from environment variables. KIND is api-key, bearer, basic (user and password) or none.`;

const options = {
  to: { type: 'string' },
  out: { type: 'string' },
  port: { type: 'string', default: '0' },
  secret: { type: 'string', multiple: true, default: [] as string[] },
  provider: { type: 'string' },
  settings: { type: 'string' },
  object: { type: 'string' },
  credential: { type: 'string', default: 'none' },
  pages: { type: 'string', default: '3' },
  'page-size': { type: 'string', default: '20' },
  since: { type: 'string' },
  private: { type: 'boolean', default: false },
} as const;

function readArguments() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  return { what: positionals[0], ...values };
}

type Arguments = ReturnType<typeof readArguments>;

function required(given: Arguments, name: 'to' | 'out' | 'provider' | 'settings' | 'object'): string {
  const value = given[name];
  if (value === undefined) throw new Error(`--${name} is needed.\n${usage}`);
  return value;
}

function countOf(given: Arguments, name: 'port' | 'pages' | 'page-size'): number {
  const value = Number(given[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} must be a whole number.`);
  return value;
}

function fromEnvironment(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw new Error(`The environment has no variable ${variable}.`);
  return value;
}

function credentialOf(given: string): Credential {
  const [kind = '', variables = ''] = given.split(':');
  const [first = '', second = ''] = variables.split(',');
  switch (kind) {
    case 'none':
      return { kind };
    case 'api-key':
      return { kind, key: fromEnvironment(first) };
    case 'bearer':
      return { kind, token: fromEnvironment(first) };
    case 'basic':
      return { kind, username: fromEnvironment(first), password: fromEnvironment(second) };
    default:
      throw new Error(`There is no kind of credential "${kind}".\n${usage}`);
  }
}

/** What of a credential is secret, under the name that placeholders get. */
function secretsOf(credential: Credential): Record<string, string> {
  const open = new Set(['kind', 'username']);
  return Object.fromEntries(Object.entries(credential).filter(([name]) => !open.has(name)));
}

async function run(given: Arguments): Promise<void> {
  const out = required(given, 'out');
  const secrets = Object.fromEntries(given.secret.map((variable) => [variable, fromEnvironment(variable)]));
  if (given.what === 'deliveries') {
    const recorder = new CassetteRecorder(secrets);
    const proxy = await recordDeliveries(recorder, required(given, 'to'), countOf(given, 'port'));
    process.stderr.write(`Recording at ${proxy.url}; end it with Ctrl-C.\n`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await proxy.close();
    await recorder.save(out);
    process.stderr.write(`${recorder.length} deliveries are in ${out}.\n`);
    return;
  }
  if (given.what !== 'calls') throw new Error(usage);
  const credential = credentialOf(given.credential);
  const recorder = new CassetteRecorder({ ...secrets, ...secretsOf(credential) });
  const adapter = findAdapter(required(given, 'provider'));
  if (adapter === undefined) throw new Error(`There is no provider "${given.provider}".`);
  const records = await recordCalls(recorder, {
    adapter,
    settings: JSON.parse(await readFile(required(given, 'settings'), 'utf8')),
    credential,
    object: required(given, 'object'),
    pages: countOf(given, 'pages'),
    pageSize: countOf(given, 'page-size'),
    since: given.since,
    allowPrivateAddresses: given.private,
  });
  await recorder.save(out);
  process.stderr.write(`${recorder.length} calls, which brought ${records} records, are in ${out}.\n`);
}

try {
  await run(readArguments());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
