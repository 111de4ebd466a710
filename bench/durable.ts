import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type DurableHost, startDurableHost } from '../tests/kit/durable/durable-host.ts';
import { hasEnded } from '../tests/kit/durable/instances.ts';
import { median, note, percentile, round } from './report.ts';

const orchestrations = 200;
const rounds = 3;
const concurrency = 16;
const hellos = 200;
const waiting = 1_000;
const restMs = 10_000;

/** Of one orchestration of the workload; see the app. */
const activityRuns = 17;

interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

/** Durable Functions in the local host: throughput, latency, what the state takes on disk, what waiting costs. */
export async function measureDurable(): Promise<Readonly<Record<string, unknown>>> {
  const throughput = await onHost(measureThroughput);
  note(`throughput: ${JSON.stringify(throughput)}`);
  const hello = await onHost(measureHello);
  note(`hello: ${JSON.stringify(hello)}`);
  const empty = await onHost(measureRest);
  const idle = await onHost(measureWaiting);
  return { ...throughput, hello, idle: { ...idle, emptyCpuMs: empty.cpuMs, emptyRssMb: empty.rssMb } };
}

async function onHost<Result>(measure: (host: DurableHost) => Promise<Result>): Promise<Result> {
  const host = await startDurableHost();
  try {
    return await measure(host);
  } finally {
    await host.close();
  }
}

async function measureThroughput(host: DurableHost): Promise<Readonly<Record<string, unknown>>> {
  await runWorkload(host, 'warm', orchestrations / 4);
  const seconds: number[] = [];
  for (let index = 0; index < rounds; index += 1)
    seconds.push(await runWorkload(host, `round${index}`, orchestrations));
  // What a stop leaves in the file, without the log of the latest writes.
  await host.restart('SIGTERM');
  const bytes = await sizeOf(host);
  return {
    orchestrations,
    activityRuns,
    orchestrationsPerSecond: round(orchestrations / median(seconds)),
    activitiesPerSecond: round((orchestrations * activityRuns) / median(seconds), 0),
    stateKbPerOrchestration: round(bytes / 1024 / (orchestrations * (rounds + 0.25))),
  };
}

/** Seconds from the first start to the last end. */
async function runWorkload({ instances }: DurableHost, prefix: string, count: number): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const id = `${prefix}-${next}`;
      next += 1;
      await instances.start('workload', id, null, 'api');
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  for (let index = 0; index < count; index += 1) {
    const ended = await instances.end(`${prefix}-${index}`, 120_000);
    if (ended?.runtimeStatus !== 'Completed') throw new Error(`${prefix}-${index}: ${JSON.stringify(ended)}`);
  }
  return (performance.now() - startedAt) / 1000;
}

/** From the request that starts it to the answer that says it has ended, one after the other. */
async function measureHello({ instances }: DurableHost): Promise<{ p50Ms: number; p95Ms: number }> {
  const latencies: number[] = [];
  for (let index = -20; index < hellos; index += 1) {
    const id = `hello${index}`;
    const startedAt = performance.now();
    await instances.start('hello', id, 'you', 'api');
    for (;;) {
      const found = await instances.find(id);
      if (found !== undefined && hasEnded(found)) break;
    }
    if (index >= 0) latencies.push(performance.now() - startedAt);
  }
  return { p50Ms: round(percentile(latencies, 0.5)), p95Ms: round(percentile(latencies, 0.95)) };
}

async function measureWaiting(host: DurableHost): Promise<Readonly<Record<string, unknown>>> {
  for (let index = 0; index < waiting; index += 1) await host.instances.start('wait', `wait-${index}`, null, 'api');
  await allRunning(host);
  const { cpuMs, rssMb } = await measureRest(host);
  const startedAt = performance.now();
  await host.restart('SIGTERM');
  const restartMs = round(performance.now() - startedAt, 0);
  const after = await measureRest(host);
  return { waiting, cpuMs, rssMb, restartMs, rssAfterRestartMb: after.rssMb };
}

async function allRunning({ instances }: DurableHost): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const all = await instances.list(waiting);
    if (all.filter(({ runtimeStatus }) => runtimeStatus === 'Running').length === waiting) return;
    if (Date.now() > deadline) throw new Error(`Not all of the ${waiting} instances wait`);
    await pause(100);
  }
}

const usage = z.object({ cpuMs: z.number(), rssMb: z.number() });

/** CPU time of the host's process over ten seconds at rest, and what it holds then. */
async function measureRest({ url }: DurableHost): Promise<Usage> {
  const read = async (): Promise<Usage> => usage.parse(await (await fetch(`${url}/api/usage`)).json());
  await pause(3_000);
  await read();
  const before = await read();
  await pause(restMs);
  const after = await read();
  return { cpuMs: round(after.cpuMs - before.cpuMs, 0), rssMb: round(after.rssMb, 0) };
}

async function sizeOf({ stateFolder }: DurableHost): Promise<number> {
  const files = await readdir(stateFolder, { recursive: true });
  const sizes = await Promise.all(files.map((file) => stat(join(stateFolder, file))));
  return sizes.reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0);
}
