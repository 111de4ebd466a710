import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { buildApp } from '../../local/start/build-app.ts';
import { type Demo, type Execution, setUpDemo } from '../../local/start/demo.ts';
import { startTwin, type Twin } from '../../local/start/twin.ts';
import { execution } from '../../shared/contracts/executions.ts';
import { type Comparison, compareWithCrm } from './compare-with-crm.ts';
import { seededRandom } from './seeded-random.ts';

export interface ChaosResult extends Comparison {
  readonly kills: number;
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
    return { kills: killed, ...(await compareWithCrm(twin, ended, Object.keys(size))), state: ended.state };
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
