import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from './build-app.ts';
import { demoTenant, type Execution, runDemoSync, setUpDemo } from './demo.ts';
import { describeProgress, describeRun } from './describe-run.ts';
import { readOptions, type StartOptions, usage } from './options.ts';
import { startTwin, type Twin } from './twin.ts';

const progressEveryMs = 1000;

const options = parseCommandLine();
if (options === 'help') {
  process.stdout.write(usage);
} else {
  await run(options);
}

function parseCommandLine(): StartOptions | 'help' {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}

async function run(chosen: StartOptions): Promise<void> {
  const startedAt = performance.now();
  const dataDir = chosen.ephemeral ? await mkdtemp(join(tmpdir(), 'castiel-')) : chosen.dataDir;
  if (chosen.reset) await rm(dataDir, { recursive: true, force: true });
  const removeData = async (): Promise<void> => {
    if (chosen.ephemeral) await rm(dataDir, { recursive: true, force: true });
  };
  let starting: Promise<Twin> | undefined;
  let isInterrupted = false;
  const stop = stopOnce(async () => {
    say('Stopping …');
    // What is still starting can be stopped only once it has started or failed.
    const twin = await starting?.catch(() => undefined);
    await twin?.close();
    await removeData();
  });
  const interrupt = (): void => {
    isInterrupted = true;
    void stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  try {
    say(
      'Building the app and starting Azure on this machine (Functions, Storage, Cosmos DB, Key Vault, sign-in) and a demo CRM …',
    );
    const port = await choosePort(chosen.port);
    const appBuilt = buildApp();
    // It is awaited later: until then nobody else would see it fail.
    appBuilt.catch(() => undefined);
    starting = startTwin({
      port,
      dataDir,
      appBuilt,
      superviseApp: true,
      crmArguments: crmArguments(chosen),
      onLog: showProblems(),
    });
    const twin = await starting;
    say(`Ready after ${seconds(startedAt)} s.`);
    if (chosen.demo) await showDemo(twin, dataDir, chosen);
    else if (chosen.json) print({ ...addresses(twin), crmApiKey: twin.crm.apiKey });
    say('Ctrl-C stops everything.');
  } catch (error) {
    if (!isInterrupted) {
      say(`\nIt could not start: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
    await stop();
  }
}

/** Without `--port`, 7071 is a wish: when it is taken, a free port does. A port that was asked for is not replaced. */
async function choosePort(wanted: number): Promise<number> {
  const probe = createServer();
  const free = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(wanted, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => probe.close(resolve));
  if (free) return wanted;
  if (process.argv.some((argument) => /^--port(=|$)/.test(argument))) {
    throw new Error(`port ${wanted} of 127.0.0.1 is in use. Free it, or give another with --port.`);
  }
  return 0;
}

async function showDemo(twin: Twin, dataDir: string, chosen: StartOptions): Promise<void> {
  const demo = await setUpDemo(twin, dataDir);
  say('Syncing the demo CRM into Cosmos DB …');
  const run = await runDemoSync(demo, showProgress());
  say(describeRun(run));
  if (chosen.json) {
    const { token, apiKey, integrationId, taskId } = demo;
    const { api, ...services } = addresses(twin);
    print({
      api,
      token,
      apiKey,
      tenantId: demoTenant,
      ...services,
      crmApiKey: twin.crm.apiKey,
      integrationId,
      taskId,
      executionId: run.id,
    });
    return;
  }
  say(`
  Read what arrived:   curl -H 'X-Api-Key: ${demo.apiKey}' '${twin.api()}/tenant/shards?type=company&text=ljubljana&limit=3'
  Follow the runs:     curl -H 'X-Api-Key: ${demo.apiKey}' '${twin.api()}/tenant/integrations/${demo.integrationId}/executions?limit=3'
  The API in pages:    ${twin.api()}/docs
  Sign in as others:   npm run token -- --tenant demo --role viewer
  The demo CRM:        ${twin.crm.url} (X-Api-Key: ${twin.crm.apiKey}); it keeps changing, and is read again every minute
`);
}

function crmArguments(chosen: StartOptions): string[] {
  const { tickerMs, ...sizes } = chosen.crm;
  return [
    ...Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, value]),
    ...(tickerMs === '0' ? [] : ['--ticker', tickerMs]),
  ];
}

function addresses(twin: Twin) {
  return {
    api: twin.api(),
    cosmos: twin.cosmos.endpoint,
    cosmosKey: twin.cosmos.key,
    storage: twin.azurite.connectionString,
    keyVault: twin.keyVaultUrl,
    identity: twin.identity.url,
    crm: twin.crm.url,
  };
}

function showProgress(): (run: Execution) => void {
  let shownAt = performance.now();
  return (run) => {
    if (performance.now() - shownAt < progressEveryMs) return;
    shownAt = performance.now();
    say(`  ${describeProgress(run)}`);
  };
}

/** Only what needs a person's eye, with the lines that belong to it; the app's information lines stay in its telemetry. */
function showProblems(): (service: string, line: string) => void {
  const shown = new Set<string>();
  return (service, line) => {
    const belongs = /^(\s|[}\])])/.test(line) && shown.has(service);
    if (belongs || /\b(WARN|WARNING|ERROR|CRITICAL|ALERT)\b|"level":"(warn|alert|error)"/i.test(line)) {
      shown.add(service);
      say(`[${service}] ${line}`);
    } else {
      shown.delete(service);
    }
  };
}

function stopOnce(stop: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= stop().then(
      () => process.exit(),
      (error: unknown) => {
        say(`Stopping failed: ${error}`);
        process.exit(1);
      },
    );
    return stopping;
  };
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
