import { canonicalText, sameValue, shortHash } from '../canonical.ts';
import { definedOnly } from '../defined-only.ts';
import type { HeldFields, ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { Path, StrategyOf } from '../identity/survivorship.ts';
import { setPath } from '../identity/survivorship.ts';
import { copyJson, type Json, type JsonObject } from '../json.ts';
import type { Observation } from '../observation.ts';
import { trustedTime } from './decide-field.ts';
import type { PushRoute } from './push-routes.ts';

/** What a merge needs to know besides the observation and the shard. */
export interface TwoWayInput {
  readonly linkId: string;
  readonly observation: Observation;
  /** The route by which the observed record is written; absent where its task only pulls. */
  readonly route: PushRoute | undefined;
  /** Which sources are written to as well, to say which of them get a revived record anew. */
  readonly routes: readonly PushRoute[];
  readonly strategies: StrategyOf;
  readonly now: string;
}

/** A merge under way, changed in place while its parts are gone through. */
export interface Draft {
  readonly data: JsonObject;
  readonly source: Mutable<ShardSource>;
  readonly edits: NonNullable<ShardDocument['edits']>;
  conflicted: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function draftOf(shard: ShardDocument, next: ShardSource): Draft {
  return {
    data: copyJson(shard.data as JsonObject),
    source: { ...next },
    edits: { ...shard.edits },
    conflicted: false,
  };
}

/** Gives a field the value that this source shows, or leads to. */
export function take(input: TwoWayInput, draft: Draft, path: Path, value: Json | undefined): void {
  setPath(draft.data, path, value);
  draft.edits[path.join('.')] = {
    at: trustedTime(input.observation.modifiedAt, input.now) ?? input.now,
    by: input.linkId,
  };
}

export function valueBefore(before: ShardSource | undefined, path: Path): Json | undefined {
  return before === undefined ? undefined : (readPath(before.externalBase, path) as Json | undefined);
}

/** Whether the time of the record is that of a change there: what is seen after a write of ours has the time of that, unless what was written was changed since. */
export function isTheirTime({ observation }: TwoWayInput, before: ShardSource | undefined, key: string): boolean {
  const { pushed, data } = observation;
  if (pushed === undefined || (pushed.looked === true && pushed.fields.includes(key))) return true;
  // What a look shows of a write may be what was there before it.
  const isSeen = (field: string) => {
    const path = field.split('.');
    return !sameValue(valueBefore(before, path), readPath(data, path) as Json | undefined);
  };
  return pushed.looked === true && !pushed.fields.some(isSeen);
}

/** What is held already, or a conflict of its own: it is named by the look with which it came up, so one that was settled and comes up again is another. */
export function openConflict(input: TwoWayInput, known: HeldFields | undefined, draft: Draft): HeldFields {
  if (known !== undefined && (Object.keys(known.fields).length > 0 || known.deletion !== undefined)) return known;
  const { fence, page } = draft.source.observed;
  const conflictId = `conflict_${shortHash(canonicalText([input.linkId, fence, page]))}`;
  return { conflictId, since: input.now, fields: {} };
}

/** By dotted path: what we had when both agreed, where it differs from what the source shows. */
export type Agreements = NonNullable<ShardSource['internalBase']>;

/** Both sides agree; where they write the value differently, ours is kept beside theirs. */
export function agree(agreements: Agreements, key: string, ours: Json | undefined, theirs: Json | undefined): void {
  if (sameValue(ours, theirs)) delete agreements[key];
  else agreements[key] = definedOnly({ value: ours });
}

export function setAgreements(draft: Draft, agreements: Agreements): void {
  if (Object.keys(agreements).length === 0) delete draft.source.internalBase;
  else draft.source.internalBase = agreements;
}
