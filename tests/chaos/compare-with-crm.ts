import { CosmosClient } from '@azure/cosmos';
import { z } from 'zod';
import type { Execution } from '../../local/start/demo.ts';
import type { Twin } from '../../local/start/twin.ts';

/** A run compared with what the CRM has. */
export interface Comparison {
  /** Distinct records of the CRM. */
  readonly records: number;
  /** Records of the CRM without a shard. */
  readonly lost: number;
  /** Shards beyond one a record. */
  readonly duplicated: number;
  /** The run's counts add up, and `created` is the number of records. */
  readonly reconciled: boolean;
}

/** @param objects of the CRM that the run read */
export async function compareWithCrm(twin: Twin, run: Execution, objects: readonly string[]): Promise<Comparison> {
  const expected = new Set<string>();
  for (const object of objects) for (const id of await listCrm(twin, object)) expected.add(`${object} ${id}`);
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
