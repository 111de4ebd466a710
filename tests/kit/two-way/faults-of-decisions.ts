import { sameValue } from '../../../shared/core/canonical.ts';
import type { ConflictDocument, DecisionDocument } from '../../../shared/core/documents/conflict.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Deeds } from './deeds.ts';
import type { Program } from './program.ts';
import type { TwoWayWorld } from './world.ts';

type Value = Json | undefined;

/** The world in which a shard was written, and what it was and is. */
interface Written {
  readonly world: TwoWayWorld;
  readonly deeds: Deeds;
  readonly program: Program;
  readonly before: ShardDocument;
  readonly after: ShardDocument;
}

/** A decision is about what those saw who decided, and comes to what they said; one that is taken back leaves everything as it was before it. */
export function findFaultsOfDecisions(written: Written): string[] {
  const { world, before, after } = written;
  return Object.entries(after.sources).flatMap(([linkId, source]) => {
    const was = before.sources[linkId];
    if (was === undefined || sameValue(was.decided ?? null, source.decided ?? null)) return [];
    const { conflictId = '', number } = source.decided ?? was.decided ?? {};
    const conflict = world.deps.conflicts.peek(world.scope, { id: conflictId })?.document;
    const where = `${after.id}: decision ${number} of ${conflictId}`;
    if (conflict?.decision?.number !== number || conflict?.decision === undefined)
      return [`${where} is carried out, and nobody has made it`];
    const { decision } = conflict;
    const faults =
      source.decided === undefined
        ? faultsOfUndo(written, conflict, decision, was, source)
        : [
            ...faultsOfDecider(written, conflict, decision),
            ...faultsOfDecision(written, conflict, decision, was, source),
          ];
    return faults.map((each) => `${where} ${each}`);
  });
}

/** Whether what was written down is what was said, by whoever decided. */
function faultsOfDecider(
  { world, deeds, program }: Written,
  conflict: ConflictDocument,
  decision: DecisionDocument,
): string[] {
  const { fields, deletion, by, at, resolutionId = '' } = decision;
  const takes = Object.values(fields).map(({ take }) => take);
  if (by === 'resolution') {
    const asked = world.deps.conflictResolutions.peek(world.scope, { id: resolutionId })?.document.decision;
    const isAsked = takes.every((take) => take === asked?.take) && deletion === asked?.deletion;
    return isAsked ? [] : [`is not what was said of many: ${JSON.stringify([decision, asked])}`];
  }
  if (by === 'deadline') {
    const isOurs = program.onDeadline === 'internal_wins';
    const isDue =
      conflict.about === 'fields'
        ? takes.every((take) => take === (isOurs ? 'ours' : 'theirs'))
        : (deletion === 'delete') === ((conflict.deleted?.where === 'here') === isOurs);
    return isDue ? [] : [`is not that of the deadline: ${JSON.stringify(decision)}`];
  }
  const seen = deeds.seen.get(`${conflict.id} ${at}`);
  return Object.entries(conflict.fields).flatMap(([field, { ours, theirs }]) => {
    const known = seen?.[field];
    const isSeen =
      known !== undefined && sameValue(known.ours.value, ours.value) && sameValue(known.theirs.value, theirs.value);
    return isSeen ? [] : [`is about ${field} as nobody saw it: ${JSON.stringify([known, { ours, theirs }])}`];
  });
}

function faultsOfDecision(
  { before, after }: Written,
  conflict: ConflictDocument,
  { fields, deletion }: DecisionDocument,
  was: ShardSource,
  source: ShardSource,
): string[] {
  const faults = Object.entries(fields).flatMap(([field, { take, value }]) => {
    const known = conflict.fields[field];
    const [ours, theirs] = [valueAt(before.data, field), theirsAt(was, field)];
    if (!sameValue(ours, known?.ours.value) || !sameValue(theirs, known?.theirs.value))
      return [`is about ${field} as it was, and it is ${JSON.stringify([ours, theirs])}`];
    const due = take === 'value' ? (value as Value) : take === 'ours' ? ours : theirs;
    const result = valueAt(after.data, field);
    const isHeld = source.held?.fields[field] !== undefined;
    return sameValue(result ?? null, due ?? null) && !isHeld
      ? []
      : [`takes ${take}, and makes ${JSON.stringify(result)} of ${field}${isHeld ? ', which waits still' : ''}`];
  });
  const status = deletion === 'delete' ? 'deleted' : 'active';
  if (deletion !== undefined && after.status !== status) faults.push(`leaves it ${after.status}, by ${deletion}`);
  return faults;
}

function faultsOfUndo(
  { before, after }: Written,
  { fields, deleted }: ConflictDocument,
  decision: DecisionDocument,
  was: ShardSource,
  source: ShardSource,
): string[] {
  if (decision.number !== was.decided?.number) return ['is taken back, and is not the last'];
  const faults = Object.entries(fields).flatMap(([field, known]) => {
    const choice = decision.fields[field];
    const decided = choice?.take === 'value' ? choice.value : choice && known[choice.take].value;
    if (choice !== undefined && !sameValue(valueAt(before.data, field) ?? null, (decided as Value) ?? null))
      return [`is taken back over ${field}, which has gone on`];
    const held = source.held?.fields[field];
    const isAsBefore =
      held !== undefined &&
      sameValue(valueAt(after.data, field), known.ours.value) &&
      sameValue(theirsAt(source, field), known.theirs.value) &&
      sameValue(held.externalBase, known.externalBase.value) &&
      sameValue(held.internalBase, known.internalBase.value) &&
      sameValue(after.edits?.[field] ?? null, known.edit ?? null);
    return isAsBefore ? [] : [`is taken back, and ${field} does not wait as it did: ${JSON.stringify([known, held])}`];
  });
  if (deleted === undefined) return faults;
  const live = Object.keys(before.sources).filter((linkId) => before.sources[linkId]?.deleted === false);
  if (!sameValue(live.sort(), [...deleted.live])) faults.push('is taken back after it was carried out elsewhere');
  // Another record of the shard may be made anew by a decision of its own.
  const revived = deleted.where === 'here' ? Object.values(after.sources) : [source];
  const isAsBefore =
    source.held?.deletion === deleted.where &&
    after.status === (deleted.where === 'here' ? 'deleted' : 'active') &&
    sameValue(after.deletion ?? null, deleted.deletion ?? null) &&
    revived.every(({ recreate }) => recreate === undefined);
  return isAsBefore ? faults : [...faults, 'is taken back, and the deletion does not wait as it did'];
}

/** What their people wrote, though a decision that was taken back may have overwritten it. */
export function theirsAt({ held, externalBase }: ShardSource, field: string): Value {
  const overwritten = held?.fields[field]?.theirs;
  return overwritten === undefined ? valueAt(externalBase, field) : (overwritten.value as Value);
}

function valueAt(data: unknown, path: string): Value {
  return readPath(data as Json, path.split('.')) as Value;
}
