import type { ConflictPolicy } from '../../../shared/contracts/conflict-policy.ts';
import { apiOrigin } from '../../../shared/contracts/identifiers.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { PushIntent } from '../../../shared/core/documents/push-lane.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import { sameMeaning } from '../../../shared/core/two-way/same-meaning.ts';
import type { Deeds } from './deeds.ts';
import { comesAgain, type Field, fields, type Program, pathOf, wholePart } from './program.ts';
import { taskOf } from './set-up.ts';
import type { SystemRecord } from './system-record.ts';
import type { TwoWayWorld } from './world.ts';

type Value = Json | undefined;

/** One write of a shard that comes of a look at one of its records. */
export interface Look {
  readonly world: TwoWayWorld;
  readonly deeds: Deeds;
  readonly program: Program;
  readonly before: ShardDocument;
  readonly after: ShardDocument;
  /** When each batch of a lane was written down, by its id. */
  readonly batches: ReadonlyMap<string, number>;
}

/** One field in a look: what both sides had agreed on, what they have, and what became of it. */
interface Sides {
  readonly field: Field;
  readonly agreedThere: Value;
  readonly agreedHere: Value;
  readonly ours: Value;
  readonly theirs: Value;
  readonly result: Value;
  readonly wasHeld: boolean;
  readonly isHeld: boolean;
  /** It is held, and shows what it showed before: the time of the record says nothing of it. */
  readonly isUntimed: boolean;
}

/** What a look may make of a shard that has seen the record before: the rules of the decisions, told in another way than the engine does. */
export function judgeLook(look: Look): string[] {
  const { program, before, after } = look;
  // Who is one with whom, and what a first meeting comes to, is for the match rules to say.
  if (program.matched || before.status !== 'active' || after.status !== 'active') return [];
  const seen = Object.entries(after.sources).filter(([linkId, now]) => isSeen(before.sources[linkId], now));
  return seen.flatMap(([linkId, now]) => {
    const was = before.sources[linkId];
    if (was === undefined || isAnswer(look, now)) return [];
    // Of two records that are seen at once, what one shows is ours for the other.
    const others = Object.entries(after.sources).flatMap(([id, { externalBase, last }]) =>
      id === linkId || sameValue(before.sources[id]?.last ?? null, last) ? [] : [externalBase as Json],
    );
    const faults = fields.flatMap((field) => {
      const judged = [before.data as Json, ...others].map((ours) =>
        judgeField(look, now, sidesOf(look, field, was, now, ours)),
      );
      return judged.some((each) => each.length === 0) ? [] : (judged[0] ?? []);
    });
    return isOutdated(look, was, now)
      ? [`${after.id} goes back to what ${now.externalId} was before`, ...faults]
      : faults;
  });
}

/** Whether it was seen, and had been before. What was made here is a record of its own, which follows what is said here. */
function isSeen(was: ShardSource | undefined, now: ShardSource): boolean {
  if (was === undefined || was.deleted || now.deleted || sameValue(was.last, now.last)) return false;
  return now.integrationId !== apiOrigin;
}

/** Whether it is a look from before the one that was known: by the version, or, where there is none, because what is known of the record gets wrong. */
function isOutdated({ world, program }: Look, was: ShardSource, now: ShardSource): boolean {
  if (was.externalVersion !== undefined && now.externalVersion !== undefined)
    return now.externalVersion < was.externalVersion;
  const record = recordOf(world, now);
  // Without versions, it is the clocks of hosts that tell which look was later, and what a run reads is as old as the run.
  if (record === undefined || record.deleted || program.hostsAheadMs !== undefined) return false;
  if (was.last.executionId.startsWith('exe')) return false;
  return fields.some((field) => {
    const [before, after] = [was, now].map(
      ({ externalBase }) => readPath(externalBase, pathOf(field).split('.')) as Value,
    );
    const current = record.fields[field];
    return !comesAgain(field, current) && sameValue(before, current) && !sameValue(after, current);
  });
}

function recordOf(world: TwoWayWorld, { integrationId, externalId }: ShardSource): SystemRecord | undefined {
  return world.systems.find(({ name }) => integrationId.endsWith(`_${name}`))?.records.get(externalId);
}

/** What of the record the lane is writing: a look may show it before the shard knows of the answer. */
export function underWay({ world }: Look, { integrationId, externalId }: ShardSource): PushIntent | undefined {
  const lane = world.deps.pushLanes.all().find((each) => each.integrationId === integrationId);
  return lane?.batch?.intents.find((intent) => intent.externalId === externalId);
}

function isWritten(look: Look, now: ShardSource, { field, theirs }: Sides): boolean {
  const { data, fields: sent } = underWay(look, now) ?? {};
  return (
    sent?.includes(pathOf(field)) === true &&
    sameMeaning(readPath(data as Json, pathOf(field).split('.')) as Value, theirs)
  );
}

/** Whether it may be what came of a write of ours, or is said to be: what was agreed on with that is not in the shard. */
export function isAnswer({ world, deeds, after, batches }: Look, source: ShardSource): boolean {
  if (/^(exe|delivery)/.test(source.last.executionId)) return false;
  if (deeds.settled.has(after.id)) return true;
  const lane = world.deps.pushLanes.all().find(({ integrationId }) => integrationId === source.integrationId);
  const writtenAtMs = recordOf(world, source)?.writtenAtMs ?? 0;
  // Who lost the lane may still have what the provider told it.
  if (writtenAtMs >= (batches.get(source.last.executionId) ?? Number.POSITIVE_INFINITY)) return true;
  return lane?.batch !== undefined && writtenAtMs >= (batches.get(lane.batch.id) ?? 0);
}

function sidesOf({ after }: Look, field: Field, was: ShardSource, now: ShardSource, ours: Json): Sides | undefined {
  const path = pathOf(field);
  const at = (data: unknown) => readPath(data as Json, path.split('.')) as Value;
  const held = was.held?.fields[path];
  // What a decision that was taken back has overwritten there, the record does not show.
  if (held?.theirs !== undefined) return undefined;
  const known = was.internalBase?.[path];
  const agreed =
    held === undefined
      ? { there: at(was.externalBase), here: known === undefined ? at(was.externalBase) : known.value }
      : { there: held.externalBase, here: held.internalBase };
  return {
    field,
    agreedThere: agreed.there as Value,
    agreedHere: agreed.here as Value,
    ours: at(ours),
    theirs: at(now.externalBase),
    result: at(after.data),
    wasHeld: held !== undefined,
    isHeld: now.held?.fields[path] !== undefined,
    isUntimed: held !== undefined && sameValue(at(was.externalBase), at(now.externalBase)),
  };
}

function judgeField(look: Look, now: ShardSource, sides: Sides | undefined): string[] {
  if (sides === undefined || isWritten(look, now, sides)) return [];
  const { field, agreedThere, agreedHere, ours, theirs, result, wasHeld, isHeld } = sides;
  const theyMoved = !sameValue(theirs, agreedThere);
  const weMoved = wasHeld || (!sameValue(ours, agreedHere) && !sameValue(ours, agreedThere));
  const says = (what: string) => [`${look.after.id}: ${field} ${what}: ${JSON.stringify({ ...sides, by: now.last })}`];
  if (!theyMoved || !weMoved || sameMeaning(ours, theirs)) {
    if (isHeld) return says('waits for nothing');
    const due = theyMoved && !weMoved ? theirs : ours;
    return sameValue(result, due) ? [] : says('is not what one side made of it');
  }
  const isAllowed = policiesOf(look, now, field).some((policy) => isSettledBy(policy, look, now, sides));
  return isAllowed ? [] : says('is not decided by its policy');
}

/** That of the task, and of the program: a worker may know the one from before it was made a rule. */
function policiesOf({ world, program }: Look, now: ShardSource, field: Field): ConflictPolicy[] {
  const index = world.systems.findIndex(({ name }) => now.integrationId.endsWith(`_${name}`));
  const { part = wholePart } = program.systems[index] ?? {};
  // What is not written back is taken.
  if (part.direction === 'pull') return ['external_wins'];
  const task = world.deps.tasks.peek(world.scope, { id: taskOf(index) })?.document;
  const { policy, fields: own = {} } = task?.conflicts ?? program;
  const rule = (own as Readonly<Record<string, ConflictPolicy>>)[pathOf(field)];
  return [rule ?? policy, program.fields[field] ?? program.policy];
}

function isSettledBy(policy: ConflictPolicy, look: Look, now: ShardSource, sides: Sides): boolean {
  const { field, ours, theirs, result, isHeld } = sides;
  const isOurs = !isHeld && sameValue(result, ours);
  const isTheirs = !isHeld && sameValue(result, theirs);
  const isAsked = isHeld && sameValue(result, ours);
  switch (policy) {
    case 'external_wins':
      return isTheirs;
    case 'internal_wins':
      return isOurs;
    case 'manual':
      return isAsked;
    case 'merge':
      return field === 'emails' ? !isHeld && isUnion(sides) : isAsked;
    case 'newest': {
      if (sides.isUntimed) return isAsked;
      if (isAsked && underWay(look, now) !== undefined) return true;
      const laterMs = comparedMs(look, now, pathOf(field));
      if (laterMs === 'unclear') return isOurs || isTheirs || isAsked;
      return laterMs === undefined ? isAsked : laterMs > 0 ? isTheirs : isOurs;
    }
  }
}

/** How much later theirs is; `undefined` where that must not be said: a tie, a time in the future, or none. */
function comparedMs(look: Look, now: ShardSource, path: string): number | 'unclear' | undefined {
  return laterBy(look, now.modifiedAt, look.before.edits?.[path]?.at);
}

/** How much later one time is than another, as far as they may be trusted. */
export function laterBy(
  { world }: Look,
  one: string | undefined,
  other: string | undefined,
): number | 'unclear' | undefined {
  const [oneMs, otherMs] = [Date.parse(one ?? ''), Date.parse(other ?? '')];
  const latestMs = Math.max(oneMs, otherMs);
  const aheadMs = latestMs - world.deps.clock.nowMs();
  // What the future is measured by is the clock of a host, and what it was when the work began.
  const aheadBeforeMs = latestMs - world.turnedAtMs;
  if (aheadMs < 360_000 && aheadBeforeMs > 240_000) return 'unclear';
  const apartMs = oneMs - otherMs;
  return aheadMs < 300_000 && Math.abs(apartMs) >= 1000 ? apartMs : undefined;
}

/** Both sides' additions are in it, and what either took out is not. */
function isUnion({ agreedHere, ours, theirs, result }: Sides): boolean {
  const [b, o, t, r] = [agreedHere, ours, theirs, result].map(
    (list) => new Set(Array.isArray(list) ? list.map(String) : []),
  );
  if (b === undefined || o === undefined || t === undefined || r === undefined) return false;
  const all = new Set([...b, ...o, ...t, ...r]);
  return [...all].every(
    (item) => r.has(item) === (b.has(item) ? o.has(item) && t.has(item) : o.has(item) || t.has(item)),
  );
}
