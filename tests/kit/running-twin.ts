import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CosmosClient, type Database } from '@azure/cosmos';
import { startTwin, type Twin } from '../../local/start/twin.ts';
import { ensureBuilt } from './built-app.ts';

/** The clock ticks every second and retries come soon, so that a test waits for what happens rather than for its turn. */
const pace = {
  CLOCK_SCHEDULE: '*/1 * * * * *',
  HEALTH_SCHEDULE: '*/2 * * * * *',
  ENGINE_RETRY_BASE_MS: '200',
  ENGINE_RETRY_MAX_MS: '1000',
  CASTIEL_HOST_QUEUE_LEASE_SECONDS: '5',
};

export interface RunningTwin {
  readonly twin: Twin;
  readonly dataDir: string;
  /** What was given to `startTwin` as the product's database. */
  readonly database: Database;
  /** Every line that a service logged so far, as `service: line`. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

export interface RunningTwinOptions {
  /** Records of the twin's own CRM; none unless given. */
  readonly crm?: { readonly companies: number; readonly contacts: number; readonly deals: number };
  readonly appEnvironment?: Readonly<Record<string, string>>;
}

/** The built app on the local twin, in a data folder of its own that is gone afterwards. */
export async function runTwin(options: RunningTwinOptions = {}): Promise<RunningTwin> {
  await ensureBuilt();
  const { companies = 0, contacts = 0, deals = 0 } = options.crm ?? {};
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-test-'));
  const log: string[] = [];
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  let twin: Twin;
  try {
    twin = await startTwin({
      dataDir,
      crmArguments: ['--companies', String(companies), '--contacts', String(contacts), '--deals', String(deals)],
      appEnvironment: { ...pace, ...options.appEnvironment },
      onLog: (service, line) => log.push(`${service}: ${line}`),
    });
  } catch (error) {
    await removeData();
    throw error;
  }
  const client = new CosmosClient({ endpoint: twin.cosmos.endpoint, key: twin.cosmos.key });
  return {
    twin,
    dataDir,
    database: client.database('castiel'),
    log,
    close: async () => {
      client.dispose();
      await twin.close();
      await removeData();
    },
  };
}
