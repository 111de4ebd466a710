import { readFile } from 'node:fs/promises';
import { CosmosClient } from '@azure/cosmos';
import { Pool } from 'undici';
import { z } from 'zod';
import { createApiClient } from '../local/start/api-client.ts';
import { demoSettings } from '../local/start/demo-task.ts';
import type { Twin } from '../local/start/twin.ts';
import { collections } from '../shared/azure/collections.ts';
import { integration } from '../shared/contracts/integrations.ts';
import { deliveriesFeed } from '../shared/use-cases/deliveries/visit-arrivals.ts';
import { named } from '../tests/kit/webhooks/signed-requests.ts';
import { withTwin } from './bench-twin.ts';
import { note, percentile, round } from './report.ts';
import { measureWake } from './webhook-wake.ts';

const deliveries = 6_000;
const mostConnections = 64;
const sender = named('Standard Webhooks v1');
/** A contact with its address, as such senders send it. */
const filler = 'x'.repeat(900);
/** Linux counts processor time in these. */
const tickMs = 10;

interface IntakeFigures {
  readonly connections: number;
  readonly storedPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Milliseconds of processor time for a delivery, by process. */
  readonly cpuMs: { readonly app: number; readonly cosmos: number; readonly sender: number };
}

/** The intake by itself: what is stored is worked on by nobody. */
const withoutProcessing = { [`AzureWebJobs.${deliveriesFeed.name}.Disabled`]: 'true' };

/**
 * Signed deliveries of 1 KB, all different, through the built app in its host: each is answered after it is stored, and all are counted afterwards.
 * `floor` is the same host and app with a route that does nothing; in `besideProcessing` the same process also works on what arrives.
 */
export async function measureWebhooks(): Promise<Readonly<Record<string, unknown>>> {
  const alone = await withTwin({ appEnvironment: withoutProcessing }, async (twin) => {
    const target = await openTarget(twin);
    await fire(twin, target, 16, deliveries / 4);
    const intake: IntakeFigures[] = [];
    for (const connections of [16, mostConnections]) intake.push(await measureIntake(twin, target, connections));
    return { intake, floor: await measureFloor(twin), wake: await measureWake(twin) };
  });
  const besideProcessing = await withTwin({}, async (twin) => {
    const target = await openTarget(twin);
    await fire(twin, target, 16, deliveries / 4);
    return measureIntake(twin, target, mostConnections);
  });
  return { deliveries, bodyBytes: bodyOf(1).length, ...alone, besideProcessing };
}

/** What the host and the Functions library take for a request that does nothing. */
async function measureFloor(twin: Twin): Promise<Readonly<Record<string, number>>> {
  const pool = new Pool(new URL(twin.api()).origin, { connections: mostConnections });
  const before = await processorTimes(twin);
  const startedAt = performance.now();
  let left = deliveries;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await pool.request({ method: 'GET', path: '/api/health/live' });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`The app answered ${answer.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: mostConnections }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await processorTimes(twin);
  await pool.close();
  const appCpuMs = round((after.app - before.app) / deliveries, 3);
  return { connections: mostConnections, requestsPerSecond: round(deliveries / seconds, 0), appCpuMs };
}

interface Target {
  readonly tenantId: string;
  readonly path: string;
  readonly url: string;
}

async function openTarget(twin: Twin): Promise<Target> {
  const tenantId = 'bench-webhooks';
  const token = await twin.identity.issueToken({ tenant: tenantId, role: 'admin' });
  const client = createApiClient(() => twin.api(), { authorization: `Bearer ${token}` });
  const settings = demoSettings(twin.crm.url);
  const created = await client.call('POST', 'tenant/integrations', integration, {
    provider: 'custom-rest',
    name: 'W',
    settings,
  });
  const shown = z.object({ url: z.url() });
  const { verification, secret } = sender;
  const { url } = await client.call('PUT', `tenant/integrations/${created.id}/webhook`, shown, {
    verification,
    secret,
  });
  return { tenantId, url, path: new URL(url).pathname };
}

async function measureIntake(twin: Twin, target: Target, connections: number): Promise<IntakeFigures> {
  const storedBefore = await countStored(twin, target);
  const cpuBefore = await processorTimes(twin);
  const startedAt = performance.now();
  const latencies = await fire(twin, target, connections, deliveries);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = await processorTimes(twin);
  note(`${connections} connections: ${round(deliveries / seconds, 0)} stored deliveries/s`);
  const stored = (await countStored(twin, target)) - storedBefore;
  if (stored !== deliveries) throw new Error(`${stored} of ${deliveries} deliveries are stored`);
  return {
    connections,
    storedPerSecond: round(deliveries / seconds, 0),
    p50Ms: round(percentile(latencies, 0.5), 1),
    p95Ms: round(percentile(latencies, 0.95), 1),
    p99Ms: round(percentile(latencies, 0.99), 1),
    cpuMs: {
      app: round((cpu.app - cpuBefore.app) / deliveries, 3),
      cosmos: round((cpu.cosmos - cpuBefore.cosmos) / deliveries, 3),
      sender: round((cpu.sender - cpuBefore.sender) / deliveries, 3),
    },
  };
}

let sent = 0;

function bodyOf(number: number): string {
  return sender.body(number, sender.secret).replace('{', `{"text":"${filler}",`);
}

async function fire(twin: Twin, target: Target, connections: number, count: number): Promise<number[]> {
  const pool = new Pool(new URL(twin.api()).origin, { connections });
  const latencies: number[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      sent += 1;
      const body = bodyOf(sent);
      const { secret } = sender;
      const request = sender.request({ body, url: target.url, nowMs: Date.now(), secret, number: sent });
      const startedAt = performance.now();
      const answer = await pool.request({
        method: 'POST',
        path: target.path,
        headers: { ...request.headers },
        body: request.body,
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 202) throw new Error(`A delivery was answered ${answer.statusCode}: ${text}`);
      latencies.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await pool.close();
  return latencies;
}

async function countStored(twin: Twin, { tenantId }: Target): Promise<number> {
  const { endpoint, key } = twin.cosmos;
  const client = new CosmosClient({ endpoint, key });
  const container = client.database('castiel').container(collections.deliveries.container);
  const { resources } = await container.items
    .query<number>({
      query: 'SELECT VALUE COUNT(1) FROM c WHERE c.tenantId = @t',
      parameters: [{ name: '@t', value: tenantId }],
    })
    .fetchAll();
  client.dispose();
  return resources[0] ?? 0;
}

/** Milliseconds of processor time that each process has used so far. */
async function processorTimes(twin: Twin): Promise<{ app: number; cosmos: number; sender: number }> {
  const { user, system } = process.cpuUsage();
  return { app: await timeOf(twin.appPid()), cosmos: await timeOf(twin.cosmos.pid), sender: (user + system) / 1000 };
}

/** User and system time of a process with all its threads (Linux; NaN elsewhere). */
async function timeOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
