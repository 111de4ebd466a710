import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readyJsonLine, spawnReady } from '../local/child-process.ts';
import type { Converter } from '../shared/core/conversion/compile-schema.ts';
import { composeId } from '../shared/core/ids.ts';
import type { MergeInput } from '../shared/core/merge-source.ts';
import { readPage } from '../shared/core/observation.ts';
import { systemScope } from '../shared/core/scope.ts';
import { applyPage } from '../shared/use-cases/apply-page/apply-page.ts';
import type { Stores } from '../shared/use-cases/apply-page/item.ts';
import { openStores } from '../tests/contract/ports/cosmos-harness.ts';
import { compileTargets } from '../tests/kit/convert-with.ts';
import { MemoryLog } from '../tests/kit/memory-services.ts';
import { traceparent } from '../tests/kit/sync-harness.ts';
import { median, note, round } from './report.ts';

const pageSize = 1000;
const pages = 6;
const rounds = 9;
const fields = 12;

const cosmosReady = z.object({ endpoint: z.string(), key: z.string() });
const scope = systemScope('acme', 'bench', traceparent);

/**
 * Pages of changed records into the local Cosmos, one with before-images and one without, in turn on the same store: what the journal costs a changed record.
 * The first read of the records, which journals nothing, comes before.
 */
export async function measureJournal(): Promise<object> {
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-bench-'));
  const main = join(import.meta.dirname, '../local/cosmos/main.ts');
  const cosmos = await spawnReady(process.execPath, [main, '--data-dir', dataDir], {
    readLine: readyJsonLine((line) => cosmosReady.parse(line)),
  });
  try {
    const { endpoint, key } = cosmos.ready;
    const log = new MemoryLog();
    const newId = (kind: Parameters<typeof composeId>[0]) => composeId(kind, Date.now(), randomBytes(10));
    const withJournal = { ...openStores(endpoint, key, log), now: () => new Date(), newId, log };
    const without: Stores = { ...withJournal, journal: { ...withJournal.journal, writeMany: async () => [] } };
    const converter = await converterOf();
    const created: number[] = [];
    const seconds = { with: [] as number[], without: [] as number[] };
    for (let seen = 0; seen <= rounds; seen += 1) {
      for (let page = 0; page < pages; page += 1) {
        const isWith = (seen + page) % 2 === 0;
        const took = await applyChanged(isWith ? withJournal : without, converter, seen, page);
        if (seen === 0) created.push(took);
        // The first round of changes makes the indexes and warms up.
        else if (seen > 1) seconds[isWith ? 'with' : 'without'].push(took);
      }
      note(`journal: round ${seen} of ${rounds}`);
    }
    const entries = await withJournal.journal.list(scope, { filters: [], order: 'ascending', limit: 100 });
    const bytes = entries.map(({ document }) => Buffer.byteLength(JSON.stringify(document)));
    const [on, off] = [median(seconds.with), median(seconds.without)];
    return {
      fields,
      createdPerSecond: round(pageSize / median(created), 0),
      changedPerSecond: round(pageSize / on, 0),
      changedPerSecondWithout: round(pageSize / off, 0),
      microsecondsPerWrite: round(((on - off) * 1_000_000) / pageSize, 0),
      entryBytes: median(bytes),
    };
  } finally {
    await cosmos.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function converterOf(): Promise<Converter> {
  const rules = Array.from({ length: fields }, (_each, index) => ({ to: `field${index}`, from: `field${index}` }));
  return compileTargets([{ shardTypeId: 'contact', fields: rules }]);
}

/** Applies a page of records as they are in this round. Returns how long that took, in seconds. */
async function applyChanged(deps: Stores, converter: Converter, seen: number, page: number): Promise<number> {
  const changes = Array.from({ length: pageSize }, (_each, index) => {
    const externalId = `r${page * pageSize + index}`;
    const values = Array.from({ length: fields }, (_value, field) => [
      `field${field}`,
      `value ${field} of ${externalId}${field === 0 ? ` in round ${seen}` : ''}`,
    ]);
    return { externalId, deleted: false, record: Object.fromEntries(values) };
  });
  const { observations } = await readPage('int_a', converter, changes, async () => []);
  const at = new Date().toISOString();
  const input: MergeInput = {
    tenantId: scope.tenantId,
    integrationId: 'int_a',
    sighting: { executionId: `exe_${seen}`, page, fence: seen + 1 },
    now: at,
    cause: { kind: 'run', id: `exe_${seen}`, actorId: 'bench', at },
  };
  const startedAt = performance.now();
  const counts = await applyPage(deps, scope, input, observations, seen === 0, async () => true);
  const seconds = (performance.now() - startedAt) / 1000;
  const outcome = seen === 0 ? counts?.created : counts?.updated;
  if (outcome !== pageSize) throw new Error(`Round ${seen}: ${JSON.stringify(counts)}`);
  return seconds;
}
