import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readyJsonLine, spawnReady } from '../local/child-process.ts';
import type { MatchRuleSet } from '../shared/core/documents/match-rules.ts';
import type { ShardDocument } from '../shared/core/documents/shard.ts';
import { compileMatchRules } from '../shared/core/identity/compile-match-rules.ts';
import { composeId } from '../shared/core/ids.ts';
import type { Collection, Stored } from '../shared/core/ports.ts';
import { systemScope } from '../shared/core/scope.ts';
import { openStores } from '../tests/contract/ports/cosmos-harness.ts';
import { applyPeople, type PersonRecord } from '../tests/kit/identity-world.ts';
import { labelledPeople } from '../tests/kit/labelled-people.ts';
import { measureQuality } from '../tests/kit/match-quality.ts';
import { MemoryLog } from '../tests/kit/memory-services.ts';
import { traceparent } from '../tests/kit/sync-harness.ts';
import { withTwin } from './bench-twin.ts';
import { median, note, round } from './report.ts';
import { measureTenant } from './sync.ts';

const people = 20_000;
const records = 100_000;
const pageSize = 500;
const syncedRecords = 10_000;
const tenants = 3;

/** How well known people are told apart, and what duplicates cost. */
export async function measureIdentity(): Promise<Readonly<Record<string, unknown>>> {
  return { quality: quality(), duplicates: await measureDuplicates() };
}

function quality(): object {
  const labelled = labelledPeople(people, 0.25, 1);
  const startedAt = performance.now();
  const { precision, recall, truePairs, idleReviews } = measureQuality(labelled);
  const seconds = (performance.now() - startedAt) / 1000;
  const result = {
    records: labelled.length,
    truePairs,
    precision: round(precision, 4),
    recall: round(recall, 4),
    idleReviews,
    recordsPerSecond: round(labelled.length / seconds, 0),
  };
  note(`quality: ${JSON.stringify(result)}`);
  return result;
}

const likeName = [{ fields: ['name'], as: 'person-name' as const, weight: 1 }];

/** As the demo CRM's contacts are mapped, and as `duplicates` makes them. */
function rulesFor(nameFields: string[]): MatchRuleSet {
  const compare = likeName.map((each) => ({ ...each, fields: nameFields }));
  const block = (field: 'email' | 'phone'): MatchRuleSet['rules'][number] => ({
    kind: 'fuzzy',
    name: `Same ${field}, like name`,
    key: [{ fields: [field], as: field, part: 'whole' }],
    compare,
    mergeAt: 0.9,
    reviewAt: 0.8,
  });
  return { version: 1, rules: [block('email'), block('phone')], strategy: 'newest', fieldStrategies: {} };
}

/** The same number of records into the Cosmos twin, with no duplicates and with one in five, each in a store of its own. */
async function measureDuplicates(): Promise<object> {
  const none = await measureShare(0);
  const fifth = await measureShare(0.2);
  const result = { records, noneSeconds: none.seconds, fifthSeconds: fifth.seconds, shards: fifth.shards };
  const ratio = round(fifth.seconds / none.seconds, 2);
  note(`duplicates: ${JSON.stringify({ ...result, ratio })}`);
  return { ...result, ratio };
}

async function measureShare(share: number): Promise<{ seconds: number; shards: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-bench-'));
  const main = join(import.meta.dirname, '../local/cosmos/main.ts');
  const cosmos = await spawnReady(process.execPath, [main, '--data-dir', dataDir], {
    readLine: readyJsonLine((line) => cosmosReady.parse(line)),
  });
  try {
    const { endpoint, key } = cosmos.ready;
    const log = new MemoryLog();
    const newId = (kind: Parameters<typeof composeId>[0]) => composeId(kind, Date.now(), randomBytes(10));
    const deps = { ...openStores(endpoint, key, log), now: () => new Date(), newId, log };
    const matcher = compileMatchRules('contact', rulesFor(['name']));
    await applyPeople(deps, matcher, [personAt(records, 0)], { executionId: 'exe_0', page: 0, fence: 1 }, true);
    const startedAt = performance.now();
    for (let page = 0; page * pageSize < records; page += 1) {
      const all = Array.from({ length: pageSize }, (_, at) => personAt(page * pageSize + at, share));
      await applyPeople(deps, matcher, all, { executionId: 'exe_1', page, fence: 2 }, true);
    }
    const seconds = round((performance.now() - startedAt) / 1000, 1);
    return { seconds, shards: await countShards(deps.shards) };
  } finally {
    await cosmos.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function countShards(shards: Collection<ShardDocument>): Promise<number> {
  const scope = systemScope('acme', 'bench', traceparent);
  let count = 0;
  let afterId: string | undefined;
  for (;;) {
    const read: Stored<ShardDocument>[] = await shards.list(scope, {
      filters: [{ field: 'status', is: 'equal', value: 'active' }],
      order: 'ascending',
      limit: 10_000,
      afterId,
    });
    count += read.length;
    afterId = read.at(-1)?.document.id;
    if (read.length < 10_000) return count;
  }
}

const cosmosReady = z.object({ endpoint: z.string(), key: z.string() });

/** One record in five, at a share of 0.2, is that of someone up to 2,000 records earlier, otherwise spelt. */
function personAt(index: number, share: number): PersonRecord {
  const period = share === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / share);
  const isSecond = index >= period && index % period === 0;
  const back = 1 + ((index * 7919) % Math.min(index, 2000));
  const person = isSecond ? index - back - ((index - back) % period === 0 ? 1 : 0) : index;
  const name = `${word(person, 7)} ${word(person, 13)}`;
  return {
    id: `r${index}`,
    name: isSecond ? name.toUpperCase() : name,
    phone: `+3864${String(1_000_000 + person).slice(0, 7)}`,
    ...(isSecond ? {} : { email: `p${person}@x${person % 997}.si` }),
  };
}

function word(seed: number, factor: number): string {
  const syllables = ['ba', 'ko', 'li', 'mu', 'ne', 'po', 'ra', 'su', 'ti', 've'];
  return [...String(10_000 + ((seed * factor * 7919) % 90_000))].map((digit) => syllables[Number(digit)]).join('');
}

/** Full syncs of the demo CRM's contacts with rules and without, one tenant after the other. */
/** What keys cost a full sync. */
export async function measureKeyedSync(): Promise<object> {
  const crmArguments = ['--companies', '0', '--contacts', String(syncedRecords), '--deals', '0'];
  return withTwin({ crmArguments }, async (twin) => {
    const seconds = { withKeys: [] as number[], without: [] as number[] };
    for (let tenant = 0; tenant < tenants; tenant += 1) {
      const [plain] = await measureTenant(twin, `plain-${tenant}`, syncedRecords);
      const [keyed] = await measureTenant(twin, `keyed-${tenant}`, syncedRecords, async (client) => {
        const { version: _version, ...rules } = rulesFor(['name.first', 'name.last']);
        await client.call('POST', 'tenant/match-rules', z.unknown(), { shardTypeId: 'contact', ...rules });
      });
      seconds.without.push(plain?.seconds ?? Number.NaN);
      seconds.withKeys.push(keyed?.seconds ?? Number.NaN);
      note(`sync: ${plain?.seconds} s without rules, ${keyed?.seconds} s with`);
    }
    return {
      records: syncedRecords,
      seconds: median(seconds.withKeys),
      secondsWithoutRules: median(seconds.without),
    };
  });
}
