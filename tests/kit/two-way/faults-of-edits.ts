import type { ConflictPolicy } from '../../../shared/contracts/conflict-policy.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { ShardDocument } from '../../../shared/core/documents/shard.ts';
import type { Json } from '../../../shared/core/json.ts';
import { sameMeaning } from '../../../shared/core/two-way/same-meaning.ts';
import type { Deeds, Edit } from './deeds.ts';
import { areAllWhole, idsOf, isOverwritten, shardsByRecord, valueHere, wasDeleted, wasSettled } from './look-up.ts';
import { normalise } from './normalise.ts';
import { comesAgain, type Field, type Program, pathOf } from './program.ts';
import type { TwoWayWorld } from './world.ts';

/** Of each field, what it has now is what somebody wrote last at one of the places; by the policies it may be said of which. */
export function findFaultsOfEdits(world: TwoWayWorld, deeds: Deeds, program: Program): string[] {
  if (program.matched || !areAllWhole(program)) return [];
  const shards = new Map(world.shards().map((shard) => [shard.id, shard]));
  const byRecord = shardsByRecord(world);
  const last = new Map<string, Map<string, Edit>>();
  for (const edit of deeds.edits) {
    const shard = edit.place === 'here' ? shards.get(edit.id) : byRecord.get(edit.id);
    if (shard === undefined) continue;
    const key = `${shard.id} ${edit.field}`;
    last.set(key, (last.get(key) ?? new Map()).set(edit.place, edit));
  }
  return [...last].flatMap(([key, byPlace]) => {
    const [shardId = '', field = 'name'] = key.split(' ') as [string, Field];
    const shard = shards.get(shardId);
    if (shard === undefined || shard.status !== 'active' || wasDeleted(shard, deeds)) return [];
    if (wasSettled(shard, deeds) || waits(shard, field) || isOverwritten(world, shard, field)) return [];
    if (isJoined(shard) && !areTimesRight(program)) return [];
    // Hosts whose clocks differ cannot tell a look from before a write from one after it, where there are no versions.
    if (program.hostsAheadMs !== undefined && idsOf(shard).some((id) => deeds.shownLate.has(id))) return [];
    const edits = [...byPlace.values()];
    // What a first meeting with a record that was there comes to is not for the policies to say.
    const metAt = deeds.met.get(shardId) ?? 0;
    return edits.some(({ order }) => order < metAt) ? [] : lostEdits(world, program, shard, field, edits);
  });
}

/** A record that was edited before the answer to its create was known was taken for somebody new: whose values hold then, is told by times. */
function isJoined({ absorbed = [] }: ShardDocument): boolean {
  return absorbed.length > 0;
}

function areTimesRight({ systems, hostsAheadMs = [] }: Program): boolean {
  return (
    hostsAheadMs.every((aheadMs) => aheadMs === 0) &&
    systems.every(
      ({ traits }) => traits.clockAheadMs === 0 && traits.versioned && (traits.stamps ?? 'right') === 'right',
    )
  );
}

function waits({ sources }: ShardDocument, field: Field): boolean {
  return Object.values(sources).some(
    ({ held }) => held?.fields[pathOf(field)] !== undefined || held?.deletion !== undefined,
  );
}

function lostEdits(
  world: TwoWayWorld,
  program: Program,
  shard: ShardDocument,
  field: Field,
  edits: readonly Edit[],
): string[] {
  const now = valueHere(shard, field);
  const policy = policyOf(world, program, field);
  const winner = winnerOf(world, program, shard, policy, edits);
  const isNow = ({ value }: Edit) => sameMeaning(now, value) || isRoughly(field, now, value);
  if (winner !== undefined && !isNow(winner))
    return [`${shard.id}: ${field} is ${JSON.stringify(now)}, and ${policy} with ${JSON.stringify(edits)}`];
  if ((policy === 'merge' || policy === 'several') && edits.length > 1) return [];
  return edits.some(isNow) ? [] : [`${shard.id}: ${field} is ${JSON.stringify(now)}, lost: ${JSON.stringify(edits)}`];
}

/** `several` where a decision became a rule meanwhile. */
function policyOf(world: TwoWayWorld, program: Program, field: Field): ConflictPolicy | 'several' {
  const tasks = world.deps.tasks.all().map(({ conflicts }) => conflicts.fields[pathOf(field)]);
  const own = program.fields[field];
  return tasks.some((policy) => policy !== own) ? 'several' : (own ?? program.policy);
}

/** The last edit of all wins, where its side does so anyway, or where its time says so. */
function winnerOf(
  world: TwoWayWorld,
  program: Program,
  shard: ShardDocument,
  policy: ConflictPolicy | 'several',
  edits: readonly Edit[],
): Edit | undefined {
  const last = edits.reduce((one, other) => (other.order > one.order ? other : one));
  const isHere = last.place === 'here';
  const isOnlyThere = edits.filter(({ place }) => place !== 'here').length === 1;
  if (edits.length === 1) return last;
  if (comesAgain(last.field, last.value)) return undefined;
  if (policy === 'internal_wins' && isHere) return last;
  if (policy === 'external_wins' && !isHere && isOnlyThere) return last;
  return policy === 'newest' && isPlainlyLast(world, program, shard, last, edits) ? last : undefined;
}

/** More than a tie, by clocks that are right; and no other record seems newer than it is because we wrote to it. */
function isPlainlyLast(
  world: TwoWayWorld,
  program: Program,
  { sources }: ShardDocument,
  last: Edit,
  edits: readonly Edit[],
): boolean {
  const others = edits.filter((edit) => edit !== last);
  const ids = new Set(Object.values(sources).map(({ externalId }) => externalId));
  const records = world.systems.flatMap((system) => [...system.records.values()].filter(({ id }) => ids.has(id)));
  const isWritten = records.some(({ writtenAtMs }) => others.some(({ atMs }) => writtenAtMs >= atMs));
  return areTimesRight(program) && !isWritten && others.every(({ atMs }) => last.atMs - atMs > 2500);
}

function isRoughly(field: Field, now: Json | undefined, value: Json | undefined): boolean {
  return now !== undefined && value !== undefined && sameValue(normalise(field, now), normalise(field, value));
}
