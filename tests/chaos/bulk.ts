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

export interface BulkChaosResult extends Comparison {
  readonly state: string;
  /** SIGKILLs of the host with the app in it, and of Cosmos DB; clean restarts of Azurite, which loses what it acknowledged when it is killed. */
  readonly kills: { readonly host: number; readonly cosmos: number };
  readonly restarts: { readonly azurite: number };
  readonly partitions: number;
}

const pageSize = 250;
const endsWithinMs = 600_000;

/** Paced for processes that die every second rather than once a month. */
const pace = {
  CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2',
  CLOCK_SCHEDULE: '*/1 * * * * *',
  ENGINE_LEASE_MS: '6000',
  ENGINE_WATCH_MS: '2000',
  ENGINE_PAGES_PER_SLICE: '5',
  ENGINE_ATTEMPTS: '20',
};

type Blow = 'host' | 'cosmos' | 'azurite';

/** A bulk sync of many contacts while the host, Cosmos DB and Azurite end and begin again, and its outcome compared with the CRM. */
export async function killWhileBulkSyncing(
  { records, kills }: { readonly records: number; readonly kills: number },
  seed: number,
  say: (message: string) => void,
): Promise<BulkChaosResult> {
  await buildApp();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-chaos-'));
  const crmArguments = ['--companies', '0', '--contacts', String(records), '--deals', '0'];
  const twin = await startTwin({ dataDir, crmArguments, appEnvironment: pace });
  try {
    const demo = await setUpDemo(twin, dataDir);
    const run = await startRun(demo);
    const random = seededRandom(seed);
    const blows = shuffled(
      [...repeat('host', kills), ...repeat('cosmos', kills / 4), ...repeat('azurite', kills / 4)],
      random,
    );
    const struck = await strike(twin, demo, run.id, { blows, pages: Math.ceil(records / pageSize) }, random, say);
    const ended = await follow(demo, run.id, (each) => each.finishedAt !== undefined, endsWithinMs);
    say(`${ended.state}: ${JSON.stringify(ended.counts)} ${ended.problem ?? ''}`);
    return {
      kills: { host: struck.host, cosmos: struck.cosmos },
      restarts: { azurite: struck.azurite },
      partitions: ended.progress.partitions ?? 0,
      state: ended.state,
      ...(await compareWithCrm(twin, ended, ['contacts'])),
    };
  } finally {
    await twin.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Small pages and no schedule: many moments to die in, one run. */
async function startRun(demo: Demo): Promise<Execution> {
  const path = `tenant/integrations/${demo.integrationId}/tasks/${demo.taskId}`;
  const task = await demo.client.call(
    'GET',
    path,
    z.object({ objects: z.array(z.looseObject({ object: z.string() })) }),
  );
  const objects = task.objects.filter(({ object }) => object === 'contacts');
  await demo.client.call('PATCH', path, z.unknown(), {
    pageSize,
    objects,
    bulk: 'always',
    schedule: { kind: 'manual' },
  });
  return demo.client.call('POST', `${path}/run`, execution, {});
}

/** Spread over the whole run: each waits for its share of the pages, then for a random moment within the next ones. */
async function strike(
  twin: Twin,
  demo: Demo,
  executionId: string,
  { blows, pages }: { readonly blows: readonly Blow[]; readonly pages: number },
  random: () => number,
  say: (message: string) => void,
): Promise<Record<Blow, number>> {
  const struck: Record<Blow, number> = { host: 0, cosmos: 0, azurite: 0 };
  const pagesBetween = pages / (blows.length + 2);
  for (const [index, blow] of blows.entries()) {
    const wanted = Math.floor((index + random()) * pagesBetween);
    const run = await follow(demo, executionId, (each) => each.pages >= wanted || each.finishedAt !== undefined, 8_000);
    if (run.finishedAt !== undefined) throw new Error(`the run ended before the blow to ${blow}`);
    await pause(random() * 200);
    if (blow === 'cosmos') await twin.killCosmos();
    else if (blow === 'azurite') await twin.restartAzurite();
    else {
      await twin.stopApp('SIGKILL');
      await twin.restartApp();
    }
    struck[blow] += 1;
    say(`${blow} ${struck[blow]}: ${run.counts.received} records, ${run.pages} pages so far`);
  }
  return struck;
}

/** Reads the run until it is as wanted, or the time is over. An API that is just down is asked again. */
async function follow(
  demo: Demo,
  executionId: string,
  isWanted: (run: Execution) => boolean,
  withinMs: number,
): Promise<Execution> {
  const path = `tenant/integrations/${demo.integrationId}/executions/${executionId}`;
  const deadline = Date.now() + withinMs;
  for (;;) {
    const run = await demo.client.call('GET', path, execution).catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
    });
    if (run !== undefined && (isWanted(run) || Date.now() > deadline)) return run;
    await pause(50);
  }
}

function repeat(blow: Blow, count: number): Blow[] {
  return Array.from({ length: Math.round(count) }, () => blow);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
