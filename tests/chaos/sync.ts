import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { z } from 'zod';
import { buildApp } from '../../local/start/build-app.ts';
import { type Demo, type Execution, setUpDemo } from '../../local/start/demo.ts';
import { startTwin, type Twin } from '../../local/start/twin.ts';
import { execution } from '../../shared/contracts/executions.ts';

export interface ChaosResult {
  readonly kills: number;
  /** Distinct records of the CRM. */
  readonly records: number;
  /** Records of the CRM without a shard. */
  readonly lost: number;
  /** Shards beyond one a record. */
  readonly duplicated: number;
  /** The run's counts add up, and `created` is the number of records. */
  readonly reconciled: boolean;
  readonly state: string;
}

/** How many records of each type the CRM has. */
export type CrmSize = Readonly<Record<'companies' | 'contacts' | 'deals', number>>;

const pageSize = 250;
const wholeDemo: CrmSize = { companies: 23_974, contacts: 20_000, deals: 5_000 };

/** Leases, watch and clock paced for processes that die every second rather than once a month. */
const pace = {
  CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2',
  CLOCK_SCHEDULE: '*/1 * * * * *',
  HEALTH_SCHEDULE: '*/2 * * * * *',
  ENGINE_LEASE_MS: '4000',
  ENGINE_WATCH_MS: '1000',
  ENGINE_PAGES_PER_SLICE: '5',
  ENGINE_ATTEMPTS: '10',
};

/** Kills the app with SIGKILL at random moments of one run, `kills` times, and compares the outcome with the CRM. */
export async function killWhileSyncing(
  kills: number,
  seed: number,
  say: (message: string) => void,
  size: CrmSize = wholeDemo,
): Promise<ChaosResult> {
  await buildApp();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-chaos-'));
  const crmArguments = Object.entries(size).flatMap(([type, count]) => [`--${type}`, String(count)]);
  const twin = await startTwin({ dataDir, crmArguments, appEnvironment: pace });
  try {
    const demo = await setUpDemo(twin, dataDir);
    const run = await startRun(demo);
    const killed = await killRepeatedly({ twin, demo, executionId: run.id, size }, kills, seed, say);
    const ended = await runToEnd(demo, run.id);
    say(`${ended.state} after ${killed} kills: ${JSON.stringify(ended.counts)}`);
    return { kills: killed, ...(await compare(twin, ended)), state: ended.state };
  } finally {
    await twin.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Small pages and no schedule: many moments to die in, one run. */
async function startRun(demo: Demo): Promise<Execution> {
  const path = `tenant/integrations/${demo.integrationId}/tasks/${demo.taskId}`;
  await demo.client.call('PATCH', path, z.unknown(), { pageSize, schedule: { kind: 'manual' } });
  return demo.client.call('POST', `${path}/run`, execution, {});
}

/** The kills are spread over the whole run: each waits for some more pages, then for a random moment within the next ones. */
async function killRepeatedly(
  { twin, demo, executionId, size }: { twin: Twin; demo: Demo; executionId: string; size: CrmSize },
  kills: number,
  seed: number,
  say: (message: string) => void,
): Promise<number> {
  const random = seededRandom(seed);
  const pagesOfRun = Object.values(size).reduce((pages, count) => pages + Math.ceil(count / pageSize), 0);
  const pagesBetweenKills = pagesOfRun / (kills + 1);
  let pages = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const run = await waitForPages(demo, executionId, pages + Math.floor(random() * 1.8 * pagesBetweenKills));
    await pause(random() * 150);
    await twin.stopApp('SIGKILL');
    await twin.restartApp();
    pages = run.pages;
    say(`kill ${kill + 1}: ${run.counts.received} records, ${pages} pages so far`);
    if (run.finishedAt !== undefined) throw new Error(`the run ended before kill ${kill + 1}`);
  }
  return kills;
}

/** At the latest after a while, so that a process that makes no progress is killed too. */
async function waitForPages(demo: Demo, executionId: string, pages: number): Promise<Execution> {
  const deadline = Date.now() + 6_000;
  for (;;) {
    const run = await readRun(demo, executionId);
    if (run.pages >= pages || run.finishedAt !== undefined || Date.now() > deadline) return run;
    await pause(10);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function readRun(demo: Demo, executionId: string): Promise<Execution> {
  return demo.client.call('GET', `tenant/integrations/${demo.integrationId}/executions/${executionId}`, execution);
}

async function runToEnd(demo: Demo, executionId: string): Promise<Execution> {
  const deadline = Date.now() + 300_000;
  for (;;) {
    const run = await readRun(demo, executionId);
    if (run.finishedAt !== undefined || Date.now() > deadline) return run;
    await pause(200);
  }
}

async function compare(
  twin: Twin,
  run: Execution,
): Promise<Pick<ChaosResult, 'records' | 'lost' | 'duplicated' | 'reconciled'>> {
  const expected = new Set<string>();
  for (const object of ['companies', 'contacts', 'deals'])
    for (const id of await listCrm(twin, object)) expected.add(`${object} ${id}`);
  const shards = await listShardSources(twin);
  const found = new Set(shards);
  const { received, created, updated, unchanged, conflicted, skipped, failed } = run.counts;
  return {
    records: expected.size,
    lost: [...expected].filter((record) => !found.has(record)).length,
    duplicated: shards.length - found.size,
    reconciled: received === created + updated + unchanged + conflicted + skipped + failed && created === expected.size,
  };
}

const crmPage = z.object({
  data: z.array(z.object({ id: z.string() })),
  paging: z.object({ nextCursor: z.string().nullish() }),
});

async function listCrm(twin: Twin, object: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  do {
    const query = new URLSearchParams({
      limit: '1000',
      ...(cursor === undefined || cursor === null ? {} : { cursor }),
    });
    const response = await fetch(`${twin.crm.url}/v1/${object}?${query}`, {
      headers: { 'x-api-key': twin.crm.apiKey },
    });
    const page = crmPage.parse(await response.json());
    ids.push(...page.data.map((record) => record.id));
    cursor = page.paging.nextCursor;
  } while (cursor !== undefined && cursor !== null);
  return ids;
}

/** `object id` of every source of every shard, once a shard. */
async function listShardSources(twin: Twin): Promise<string[]> {
  const client = new CosmosClient({ endpoint: twin.cosmos.endpoint, key: twin.cosmos.key });
  const iterator = client
    .database('castiel')
    .container('shards')
    .items.query<Record<string, { object: string; externalId: string }>>('SELECT VALUE c.sources FROM c', {
      maxItemCount: 1000,
    });
  const sources: string[] = [];
  while (iterator.hasMoreResults()) {
    const { resources } = await iterator.fetchNext();
    for (const each of resources ?? []) {
      for (const { object, externalId } of Object.values(each)) sources.push(`${object} ${externalId}`);
    }
  }
  client.dispose();
  return sources;
}

/** Uniform in [0, 1); the same sequence for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
