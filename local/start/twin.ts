import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Azurite, startAzurite } from '../azurite.ts';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../child-process.ts';
import { type Identity, startIdentity } from '../identity/server.ts';
import { type KeyVault, startKeyVault } from '../key-vault/server.ts';
import { type RunningApp, runApp } from './run-app.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** With what our processes hold less memory. */
const frugal = {
  /**
   * Where Node keeps what it made of our sources: from the second start on, each process begins sooner and holds 15 to 30 MB
   * less, because it never loads the compiler that strips types. Entries are found by content, so none is ever stale.
   */
  NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'castiel-compile'),
  /** glibc's allocator otherwise keeps freed memory for each of Node's threads. */
  MALLOC_ARENA_MAX: '2',
  /** It also raises, after the first large buffer, the size from which it returns buffers to the system; this keeps it, in bytes. */
  MALLOC_MMAP_THRESHOLD_: '131072',
};

export interface TwinOptions {
  /** Port of the API; a free one unless given. */
  readonly port?: number;
  readonly dataDir: string;
  /** Awaited before the app starts, while the services start already. */
  readonly appBuilt?: Promise<void>;
  /** Further arguments of the demo CRM. */
  readonly crmArguments?: readonly string[];
  /** Further environment of the app, and of its Node (`NODE_OPTIONS` is not inherited). */
  readonly appEnvironment?: Readonly<Record<string, string>>;
  /** Node's own flags for the app's process, for example `--max-old-space-size=256`. */
  readonly appNodeFlags?: readonly string[];
  /** Starts the app again by itself when it crashes, as Azure does. */
  readonly superviseApp?: boolean;
  /** Sees each line that a service logs. */
  readonly onLog?: (service: string, line: string) => void;
}

const cosmosReady = z.object({ endpoint: z.string(), key: z.string() });
const crmReady = z.object({ url: z.string(), apiKey: z.string() });

/** Node's flags for the processes that work in bursts. */
const returnMemory = ['--expose-gc', '--import', new URL('return-memory.ts', import.meta.url).href];

/** Azure on this machine with the built app in it: each service is a process of its own, except vault and issuer, which live here. */
export interface Twin {
  /** Base of the API: `http://127.0.0.1:PORT/api`. */
  api(): string;
  readonly cosmos: { readonly endpoint: string; readonly key: string; readonly pid: number };
  readonly azurite: Azurite;
  /** Kills Cosmos DB by SIGKILL and starts it again where it was. */
  killCosmos(): Promise<void>;
  /** Stops Azurite, which lets it write what it holds, and starts it again where it was. */
  restartAzurite(): Promise<void>;
  readonly keyVaultUrl: string;
  readonly identity: Identity;
  readonly crm: { readonly url: string; readonly apiKey: string; readonly pid: number };
  /** Process id of the app. */
  appPid(): number;
  /** Starts the app again after it was killed or stopped; the API may be at another port. */
  restartApp(): Promise<void>;
  /** Ends the app: by SIGTERM it finishes what it began, by SIGKILL it does not. */
  stopApp(signal?: NodeJS.Signals): Promise<void>;
  close(): Promise<void>;
}

type Closing = () => Promise<unknown>;

/** Starts everything and resolves when the API answers as ready. Rejects, with everything stopped again, when a part does not start. */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const closing: Closing[] = [];
  try {
    return await start(options, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

async function start(options: TwinOptions, closing: Closing[]): Promise<Twin> {
  await mkdir(options.dataDir, { recursive: true });
  const opened = <T>(service: T, close: (service: T) => Promise<unknown>): T => {
    closing.push(() => close(service));
    return service;
  };
  const log = (service: string) => (line: string) => options.onLog?.(service, line);
  const azuriteOptions = { dataDir: join(options.dataDir, 'azurite') };
  let azuriteNow: Azurite | undefined;
  let cosmosNow: ReadyProcess<z.infer<typeof cosmosReady>> | undefined;
  const startCosmos = (port = 0): Promise<ReadyProcess<z.infer<typeof cosmosReady>>> =>
    spawnReady(
      process.execPath,
      [...returnMemory, 'local/cosmos/main.ts', '--port', String(port), '--data-dir', join(options.dataDir, 'cosmos')],
      {
        cwd: projectRoot,
        env: { ...process.env, ...frugal },
        readLine: readyJsonLine((value) => cosmosReady.parse(value)),
        onStderr: log('cosmos'),
      },
    );
  const [azurite, cosmos, crm, identity] = await settled([
    startAzurite(azuriteOptions).then((each) => opened(each, (first) => (azuriteNow ?? first).close())),
    startCosmos().then((each) => opened(each, (first) => (cosmosNow ?? first).stop())),
    spawnReady(
      process.execPath,
      [
        // Its records are made when asked for: a small young generation keeps them from piling up.
        '--max-semi-space-size=4',
        ...returnMemory,
        'local/demo-crm/main.ts',
        '--port',
        '0',
        '--data-dir',
        options.dataDir,
        ...(options.crmArguments ?? []),
      ],
      {
        cwd: projectRoot,
        env: { ...process.env, ...frugal },
        readLine: readyJsonLine((value) => crmReady.parse(value)),
        onStderr: log('crm'),
      },
    ).then((each) => opened(each, (service) => service.stop())),
    startIdentity({ dataDir: options.dataDir }).then((each) => opened(each, (service) => service.close())),
  ]);
  const keyVault = opened(await startKeyVault({ dataDir: options.dataDir, jwksUri: identity.jwksUri }), (service) =>
    service.close(),
  );
  const environment = appEnvironment(options, { azurite, cosmos: cosmos.ready, identity, keyVault });
  let port = options.port ?? 0;
  const startApp = async (): Promise<RunningApp> => {
    const keysFile = join(options.dataDir, 'host-keys.json');
    const app = await runApp({
      nodeFlags: [...returnMemory, ...(options.appNodeFlags ?? [])],
      args: [
        ...['--app-root', projectRoot, '--port', String(port), '--keys-file', keysFile],
        ...['--durable-dir', join(options.dataDir, 'durable')],
      ],
      cwd: projectRoot,
      env: environment,
      writeLog: log('app'),
      isSupervised: options.superviseApp === true,
    });
    port = portOf(app.url);
    return app;
  };
  await options.appBuilt;
  let app = await startApp();
  closing.push(() => app.stop());
  await untilReady(`${app.url}/api/health/ready`);
  return {
    api: () => `${app.url}/api`,
    cosmos: { ...cosmos.ready, pid: cosmos.pid },
    azurite,
    killCosmos: async () => {
      await (cosmosNow ?? cosmos).stop('SIGKILL');
      cosmosNow = await startCosmos(portOf(cosmos.ready.endpoint));
    },
    restartAzurite: async () => {
      await (azuriteNow ?? azurite).close();
      const { blobUrl, queueUrl, tableUrl } = azurite;
      const ports = { blobPort: portOf(blobUrl), queuePort: portOf(queueUrl), tablePort: portOf(tableUrl) };
      azuriteNow = await startAzurite({ ...azuriteOptions, ...ports });
    },
    keyVaultUrl: keyVault.url,
    identity,
    crm: { ...crm.ready, pid: crm.pid },
    appPid: () => app.pid(),
    restartApp: async () => {
      app = await startApp();
      await untilReady(`${app.url}/api/health/ready`);
    },
    stopApp: async (signal) => {
      await app.stop(signal);
    },
    close: () => closeAll(closing),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

interface Services {
  readonly azurite: Azurite;
  readonly cosmos: z.infer<typeof cosmosReady>;
  readonly identity: Identity;
  readonly keyVault: KeyVault;
}

/** The app's whole configuration. Nothing of the caller's environment reaches it but what a process needs to run. */
function appEnvironment(options: TwinOptions, services: Services): Record<string, string> {
  return {
    ...frugal,
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    TZ: 'UTC',
    // A killed app's messages come back soon; in Azure it takes ten minutes, and the watch is sooner.
    CASTIEL_HOST_QUEUE_LEASE_SECONDS: '30',
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AzureWebJobsStorage: services.azurite.connectionString,
    CLOCK_SCHEDULE: '*/5 * * * * *',
    HEALTH_SCHEDULE: '*/10 * * * * *',
    COSMOS_ENDPOINT: services.cosmos.endpoint,
    COSMOS_KEY: services.cosmos.key,
    COSMOS_DATABASE: 'castiel',
    COSMOS: `AccountEndpoint=${services.cosmos.endpoint};AccountKey=${services.cosmos.key};`,
    CREATE_CONTAINERS: 'true',
    KEY_VAULT_URL: services.keyVault.url,
    KEY_VAULT_INSECURE: 'true',
    NODE_EXTRA_CA_CERTS: services.keyVault.certificatePath,
    AUTH_ISSUER: services.identity.issuer,
    AUTH_AUDIENCE: services.identity.audience,
    AUTH_JWKS_URI: services.identity.jwksUri,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    ...services.identity.environment,
    ...options.appEnvironment,
  };
}

/** Like `Promise.all`, but waits for all of them, so that what has started can be stopped when one fails. */
async function settled<T extends readonly unknown[]>(promises: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

const readyWithinMs = 30_000;
const pauseMs = 50;

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    const answer = await fetch(url).then(
      async (response) => (response.ok ? undefined : `${response.status} ${await response.text()}`),
      (error: unknown) => String(error),
    );
    if (answer === undefined) return;
    if (Date.now() > deadline) throw new Error(`The API was not ready within ${readyWithinMs / 1000} s: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Last started, first stopped. Goes on when one fails, and throws the first failure at the end. */
async function closeAll(closing: Closing[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
