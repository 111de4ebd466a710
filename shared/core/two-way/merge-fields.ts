import type { ConflictPolicy } from '../../contracts/conflict-policy.ts';
import { sameValue } from '../canonical.ts';
import { definedOnly } from '../defined-only.ts';
import type { HeldFields, ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import { mergeSources, type Path } from '../identity/survivorship.ts';
import type { Json } from '../json.ts';
import { ownValue } from '../own-value.ts';
import { decideField, type FieldSides, policyOf, trustedTime } from './decide-field.ts';
import {
  type Agreements,
  agree,
  type Draft,
  isTheirTime,
  openConflict,
  setAgreements,
  type TwoWayInput,
  take,
  valueBefore,
} from './draft.ts';
import { agreedValue } from './push-routes.ts';
import { sameMeaning } from './same-meaning.ts';

/** There is no base yet: as where records are found to be one, the match rules' strategies say whose values hold. */
export function mergeFirstMeeting(input: TwoWayInput, shard: ShardDocument, next: ShardSource, draft: Draft): void {
  const { observation, linkId, strategies } = input;
  const after = { ...shard.sources, [linkId]: next };
  const merged = mergeSources(shard.data, shard.sources, after, observation.feed.paths, strategies);
  for (const path of observation.feed.paths) {
    const value = readPath(merged, path) as Json | undefined;
    if (sameValue(value, readPath(shard.data, path) as Json | undefined)) continue;
    take(input, draft, path, value);
  }
}

/** Merges what the source shows, field by field, each side against its own base. */
export function mergeFields(
  input: TwoWayInput,
  shard: ShardDocument,
  before: ShardSource | undefined,
  draft: Draft,
): void {
  const { observation } = input;
  const ledger: Ledger = { agreements: { ...before?.internalBase }, held: { ...before?.held?.fields } };
  for (const path of observation.feed.paths) {
    const key = path.join('.');
    const { pushed } = observation;
    // A decision that was taken back while it was being pushed waits for a new one, whatever the push came to.
    const isUndone = ownValue(ledger.held, key)?.theirs !== undefined;
    if (pushed?.fields.includes(key) !== true || isUndone) {
      mergeField(input, shard, before, draft, ledger, path, basesOf(before, ledger, path));
      continue;
    }
    const written = readPath(pushed.data, path) as Json | undefined;
    const theirs = readPath(observation.data, path) as Json | undefined;
    delete ledger.held[key];
    if (pushed.looked === true && !sameMeaning(written, theirs)) {
      mergeField(input, shard, before, draft, ledger, path, { externalBase: written, internalBase: written });
    } else agree(ledger.agreements, key, written, theirs);
  }
  setAgreements(draft, ledger.agreements);
  setHeld(input, draft, before, ledger.held);
}

/** What the source and the shard agree on, and what they do not: by dotted path. */
interface Ledger {
  readonly agreements: Agreements;
  readonly held: HeldFields['fields'];
}

type Bases = Pick<FieldSides, 'externalBase' | 'internalBase'>;

/** What both sides had when they agreed; of a field that is held, when they did so last. */
function basesOf(before: ShardSource | undefined, { held }: Ledger, path: Path): Bases {
  const known = ownValue(held, path.join('.'));
  return known === undefined
    ? { externalBase: valueBefore(before, path), internalBase: before && agreedValue(before, path) }
    : { externalBase: known.externalBase as Json | undefined, internalBase: known.internalBase as Json | undefined };
}

function mergeField(
  input: TwoWayInput,
  shard: ShardDocument,
  before: ShardSource | undefined,
  draft: Draft,
  ledger: Ledger,
  path: Path,
  bases: Bases,
): void {
  const key = path.join('.');
  const known = ownValue(ledger.held, key);
  const ours = readPath(draft.data, path) as Json | undefined;
  const overwritten = overwrittenBy(input, before, known, path);
  const shown = readPath(input.observation.data, path) as Json | undefined;
  const theirs = overwritten === undefined ? shown : (overwritten.value as Json | undefined);
  const policy = policyFor(input, path);
  const isHeld = known !== undefined;
  // The time is that of the record's last change: of what waits it says something only where that has changed.
  const isTimed = policy === 'newest' && (!isHeld || !sameValue(shown, valueBefore(before, path)));
  const times = isTimed && isTheirTime(input, before, key) ? timesOf(input, shard, key) : {};
  const decision = decideField({ ...bases, ours, theirs, isHeld, ...times }, policy);
  if (decision.kind === 'conflict') {
    if (known === undefined) draft.conflicted = true;
    ledger.held[key] = definedOnly({ ...(known ?? bases), theirs: overwritten });
    delete ledger.agreements[key];
    return;
  }
  delete ledger.held[key];
  if (decision.kind === 'theirs') take(input, draft, path, theirs);
  if (decision.kind === 'merged') take(input, draft, path, decision.value);
  // Whatever it was settled to, the other side shows what the decision made of it.
  if (!sameValue(theirs, shown)) delete ledger.agreements[key];
  else if (decision.kind === 'agreed') agree(ledger.agreements, key, ours, theirs);
  else if (decision.kind === 'ours' && !decision.settled) agree(ledger.agreements, key, bases.internalBase, theirs);
  else delete ledger.agreements[key];
}

/** What a decision that was taken back had overwritten there. It is theirs until something else is shown than what that decision made of it. */
function overwrittenBy(
  { observation }: TwoWayInput,
  before: ShardSource | undefined,
  known: HeldFields['fields'][string] | undefined,
  path: Path,
): HeldFields['fields'][string]['theirs'] {
  const isOurs = observation.pushed?.fields.includes(path.join('.')) === true;
  const shown = readPath(observation.data, path) as Json | undefined;
  return isOurs || sameValue(shown, valueBefore(before, path)) ? known?.theirs : undefined;
}

function timesOf(
  { observation, now }: TwoWayInput,
  { edits }: ShardDocument,
  key: string,
): Pick<FieldSides, 'oursAt' | 'theirsAt'> {
  return { oursAt: trustedTime(ownValue(edits, key)?.at, now), theirsAt: trustedTime(observation.modifiedAt, now) };
}

function isSamePath(left: Path, right: Path): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index]);
}

function policyFor({ route, strategies }: TwoWayInput, path: Path): ConflictPolicy {
  const isWritten = route?.paths.some((each) => isSamePath(each, path)) === true;
  if (route !== undefined && isWritten) return policyOf(route.conflicts, path);
  return strategies(path) === 'prefer_internal' ? 'internal_wins' : 'external_wins';
}

function setHeld(
  input: TwoWayInput,
  draft: Draft,
  before: ShardSource | undefined,
  fields: HeldFields['fields'],
): void {
  const known = before?.held;
  const isHeld = Object.keys(fields).length > 0;
  if (isHeld) draft.source.held = { ...openConflict(input, known, draft), fields };
  else if (known !== undefined) draft.source.held = { ...known, fields };
}
