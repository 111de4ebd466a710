import { Pool } from 'undici';
import { z } from 'zod';
import { runDemoSync, setUpDemo } from '../local/start/demo.ts';
import { withTwin } from './bench-twin.ts';
import { note, percentile, round } from './report.ts';

const connections = 16;
const requests = 8_000;
/** A text filter looks at every shard of the type. */
const textRequests = 400;
const page = z.object({ items: z.array(z.object({ id: z.string() })) });

interface Latency {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Latency of reading shards through the API, signed in with a token, at 16 connections, over the demo's records. */
export async function measureHttp(): Promise<Readonly<Record<string, unknown>>> {
  return withTwin({}, async (twin, dataDir) => {
    const demo = await setUpDemo(twin, dataDir);
    const { counts } = await runDemoSync(demo);
    note(`${counts.created} shards`);
    const { items } = await demo.client.call('GET', 'tenant/shards?type=contact&limit=100', page);
    const ids = items.map((item) => item.id);
    const { origin, pathname } = new URL(twin.api());
    const pool = new Pool(origin, { connections });
    const headers = { authorization: `Bearer ${demo.token}` };
    const measure = (path: (index: number) => string, count = requests) =>
      measurePaths(pool, headers, (index) => `${pathname}/${path(index)}`, count);
    const result = {
      shards: counts.created,
      connections,
      get: await measure((index) => `tenant/shards/${ids[index % ids.length]}`),
      list: await measure(() => 'tenant/shards?type=contact&limit=20'),
      listByField: await measure(() => 'tenant/shards?type=deal&field=stage&value=lead&limit=20'),
      listByText: await measure(() => 'tenant/shards?type=company&text=ljubljana&limit=20', textRequests),
    };
    await pool.close();
    return result;
  });
}

async function measurePaths(
  pool: Pool,
  headers: Record<string, string>,
  path: (index: number) => string,
  count: number,
): Promise<Latency> {
  await fire(pool, headers, path, count / 8);
  const startedAt = performance.now();
  const latencies = await fire(pool, headers, path, count);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    requestsPerSecond: round(count / seconds, 0),
    p50Ms: round(percentile(latencies, 0.5), 2),
    p95Ms: round(percentile(latencies, 0.95), 2),
    p99Ms: round(percentile(latencies, 0.99), 2),
  };
}

async function fire(
  pool: Pool,
  headers: Record<string, string>,
  path: (index: number) => string,
  count: number,
): Promise<number[]> {
  const latencies: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const startedAt = performance.now();
      const response = await pool.request({ path: path(index), method: 'GET', headers });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`${path(index)} answered ${response.statusCode}: ${text}`);
      latencies.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return latencies;
}
