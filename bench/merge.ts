import { canonicalText, shortHash } from '../shared/core/canonical.ts';
import type { LinkDocument } from '../shared/core/documents/link.ts';
import type { ShardDocument } from '../shared/core/documents/shard.ts';
import { writePath } from '../shared/core/field-path.ts';
import type { Json, JsonObject } from '../shared/core/json.ts';
import type { MergeInput } from '../shared/core/merge-source.ts';
import type { Observation } from '../shared/core/observation.ts';
import { planShard } from '../shared/core/plan-shard.ts';
import { decideField, type FieldSides } from '../shared/core/two-way/decide-field.ts';
import type { PushRoute } from '../shared/core/two-way/push-routes.ts';
import { median, note, round } from './report.ts';

const repetitions = 5;
const policies = ['external_wins', 'internal_wins', 'newest', 'merge', 'manual'] as const;

const paths = [
  'name.first',
  'name.last',
  'email',
  'phone',
  'jobTitle',
  'companyId',
  'address.street',
  'address.city',
  'address.region',
  'address.postalCode',
  'tags',
  'note',
].map((path) => path.split('.'));

const at = '2030-01-01T00:00:00.000Z';
const later = '2030-01-01T01:00:00.000Z';

/**
 * Merging by itself, in one process without I/O: decisions about single fields a second, and whole records of twelve fields of which the provider
 * changed two and somebody here another one, where the shard is pushed to two integrations and where it is pushed nowhere.
 */
export async function measureMerge(): Promise<Readonly<Record<string, unknown>>> {
  const fieldDecisionsPerSecond = measureDecisions();
  note(`merge: ${fieldDecisionsPerSecond} field decisions/s`);
  const twoWay = measureRecords([routeTo('int_1'), routeTo('int_2')]);
  note(`merge: ${twoWay} records/s two-way`);
  const oneWay = measureRecords([]);
  note(`merge: ${oneWay} records/s one-way`);
  return {
    fieldDecisionsPerSecond,
    fields: paths.length,
    recordsPerSecond: { twoWay, oneWay },
    fieldsPerSecond: { twoWay: twoWay * paths.length, oneWay: oneWay * paths.length },
  };
}

/** Every case that there is, in turn: nobody moved, either side, both to the same, both to something else. */
function measureDecisions(): number {
  const cases: FieldSides[] = [];
  for (let index = 0; index < 1000; index += 1) {
    const [base, other, third] = valuesOf(index);
    for (const [ours, theirs] of [
      [base, base],
      [other, base],
      [base, other],
      [other, other],
      [other, third],
    ]) {
      cases.push({ externalBase: base, internalBase: base, ours, theirs, oursAt: at, theirsAt: later });
    }
  }
  const rounds = 100;
  return rateOf(rounds * cases.length, () => {
    let conflicts = 0;
    for (let turn = 0; turn < rounds; turn += 1) {
      const policy = policies[turn % policies.length] ?? 'manual';
      for (const each of cases) if (decideField(each, policy).kind === 'conflict') conflicts += 1;
    }
    return conflicts;
  });
}

/** What is read is never the object that is kept: two texts are equal by their letters. */
function valuesOf(index: number): [Json, Json, Json] {
  if (index % 4 === 3)
    return [
      ['a', 'b'],
      ['a', 'b', `c${index}`],
      ['b', `d${index}`],
    ].map(copy) as [Json, Json, Json];
  return [`value ${index}`, `ours ${index}`, `theirs ${index}`].map(copy) as [Json, Json, Json];
}

function copy(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function measureRecords(routes: readonly PushRoute[]): number {
  const count = 5000;
  const pairs = Array.from({ length: count }, (_each, index) => {
    const shard = shardOf(index, routes);
    return { shard, observation: observationOf(index, 'changed') };
  });
  return rateOf(count, () => {
    let written = 0;
    for (const { shard, observation } of pairs) {
      const plan = planShard(inputOf(2, routes), link, observation, shard);
      if (plan.kind === 'write') written += 1;
    }
    if (written !== count) throw new Error('Every record was changed');
    return written;
  });
}

/** As the first look left it, with an edit of somebody since. */
function shardOf(index: number, routes: readonly PushRoute[]): ShardDocument {
  const plan = planShard(inputOf(1, routes), link, observationOf(index, 'first'), undefined);
  if (plan.kind !== 'write') throw new Error('There is no shard');
  const shard = copy(plan.document as unknown as Json) as unknown as ShardDocument;
  writePath(shard.data as JsonObject, ['jobTitle'], 'Edited here');
  return { ...shard, edits: { jobTitle: { at, by: 'ada' } } };
}

function observationOf(index: number, look: 'first' | 'changed'): Observation {
  const data: JsonObject = {};
  for (const path of paths) writePath(data, path, path[0] === 'tags' ? ['a', 'b'] : `${path.join(' ')} of ${index}`);
  if (look === 'changed') {
    writePath(data, ['phone'], `040 ${100_000 + index}`);
    writePath(data, ['address', 'city'], `City ${index}`);
  }
  return {
    linkId: 'link_1',
    feed: { object: 'people', shardTypeId: 'contact', paths },
    externalId: 'p1',
    deleted: false,
    data,
    hash: shortHash(canonicalText(data)),
    version: look === 'first' ? 1 : 2,
    modifiedAt: look === 'first' ? at : later,
  };
}

const link: LinkDocument = {
  id: 'link_1',
  tenantId: 'bench',
  schemaVersion: 1,
  integrationId: 'int_1',
  object: 'people',
  externalId: 'p1',
  shardTypeId: 'contact',
  shardId: 'shd_1',
  state: 'pending',
  observed: { fence: 1, page: 0 },
};

function inputOf(fence: number, routes: readonly PushRoute[]): MergeInput {
  return {
    tenantId: 'bench',
    integrationId: 'int_1',
    sighting: { executionId: `exe_${fence}`, page: 0, fence },
    now: later,
    cause: { kind: 'run', id: `exe_${fence}`, actorId: 'bench', at: later },
    twoWay: { routes, lookedAtMs: Date.parse(later) },
  };
}

function routeTo(integrationId: string): PushRoute {
  return {
    taskId: `task_${integrationId}`,
    integrationId,
    object: 'people',
    shardTypeId: 'contact',
    paths,
    updates: true,
    creates: true,
    mirrors: true,
    deletes: true,
    conflicts: { policy: 'manual', fields: {}, remindAfterMinutes: 1440, onDeadline: 'internal_wins' },
  };
}

/** Median over the repetitions; what was done is returned, so that nothing of it is left out. */
function rateOf(count: number, work: () => number): number {
  const rates: number[] = [];
  let done = work();
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const startedAt = performance.now();
    done += work();
    rates.push(count / ((performance.now() - startedAt) / 1000));
  }
  if (done === 0) throw new Error('Nothing was done');
  return round(median(rates), 0);
}
