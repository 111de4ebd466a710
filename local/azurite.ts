import { fileURLToPath } from 'node:url';
import { type ExitStatus, spawnReady } from './child-process.ts';

export interface AzuriteOptions {
  /** Where blobs and queues are kept; in memory, gone at the end, unless given. */
  readonly dataDir?: string;
  /** Ports on 127.0.0.1; a free one each unless given. */
  readonly blobPort?: number;
  readonly queuePort?: number;
  readonly tablePort?: number;
}

export interface Azurite {
  /** For the Storage SDKs and for `AzureWebJobsStorage`. */
  readonly connectionString: string;
  /** With the account name, without a slash at the end: `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  /** Stops it by SIGTERM, which lets it write what it holds, and waits for its end. */
  close(): Promise<void>;
}

const ACCOUNT = 'devstoreaccount1';
/** The well-known key of every Azurite and storage emulator: public, no secret. */
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at (http:\/\/\S+)$/;

/**
 * Starts Azurite (Azure Storage on this machine) as a child process: telemetry off, loopback only, any API version.
 * Resolves when all three services listen; rejects with its output when it ends before, e.g. because a port is taken.
 */
export const startAzurite = async (options: AzuriteOptions = {}): Promise<Azurite> => {
  const urls = new Map<string, string>();
  const output: string[] = [];
  const started = await spawnReady(process.execPath, commandLine(options), {
    readLine: (line) => {
      output.push(line);
      const [, service, url] = LISTENING.exec(line) ?? [];
      if (service !== undefined && url !== undefined) {
        urls.set(service, `${url}/${ACCOUNT}`);
      }
      return urls.size === 3 ? true : undefined;
    },
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Azurite did not start: ${reason}\n${output.join('\n')}`, { cause: error });
  });
  const urlOf = (service: string): string => urls.get(service) ?? '';
  return {
    connectionString: [
      'DefaultEndpointsProtocol=http',
      `AccountName=${ACCOUNT}`,
      `AccountKey=${ACCOUNT_KEY}`,
      `BlobEndpoint=${urlOf('Blob')}`,
      `QueueEndpoint=${urlOf('Queue')}`,
      `TableEndpoint=${urlOf('Table')}`,
      '',
    ].join(';'),
    blobUrl: urlOf('Blob'),
    queueUrl: urlOf('Queue'),
    tableUrl: urlOf('Table'),
    pid: started.pid,
    exited: started.exited,
    close: async () => {
      await started.stop();
    },
  };
};

/** `--skipApiVersionCheck`: the Storage SDKs ask for newer API versions than Azurite knows by name. */
const commandLine = (options: AzuriteOptions): string[] => {
  const host = '127.0.0.1';
  const ports = { blob: options.blobPort, queue: options.queuePort, table: options.tablePort };
  return [
    // It idles at 50 MB less with a small young generation and a heap that is kept small; its messages are short-lived and few.
    '--max-semi-space-size=1',
    '--optimize-for-size',
    fileURLToPath(import.meta.resolve('azurite/dist/src/azurite.js')),
    '--disableTelemetry',
    '--skipApiVersionCheck',
    '--silent',
    ...(options.dataDir === undefined ? ['--inMemoryPersistence'] : ['--location', options.dataDir]),
    ...Object.entries(ports).flatMap(([service, port]) => [
      `--${service}Host`,
      host,
      `--${service}Port`,
      `${port ?? 0}`,
    ]),
  ];
};
