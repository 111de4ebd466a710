import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import type { JsonObject } from '../json.ts';
import { draftOf, type TwoWayInput } from './draft.ts';
import { mergeFields, mergeFirstMeeting } from './merge-fields.ts';
import { forgetRecreation, mergeDeletion, mergeLife, reviveElsewhere } from './merge-life.ts';

/** What the merge comes to. */
export interface TwoWayMerge {
  readonly data: JsonObject;
  readonly sources: ShardDocument['sources'];
  readonly edits: ShardDocument['edits'];
  readonly deletion: ShardDocument['deletion'];
  /** A field or a deletion came to wait for a person. */
  readonly conflicted: boolean;
}

/**
 * Merges what one source shows into a shard that is written to other systems as well: each field three-way against the source's own base, so that an edit
 * of one field never undoes what happened to another.
 *
 * @param next the source as this observation leaves it, with the base that it shows
 */
export function mergeTwoWay(input: TwoWayInput, shard: ShardDocument, next: ShardSource): TwoWayMerge {
  const before = shard.sources[input.linkId];
  const draft = draftOf(shard, next);
  const { observation } = input;
  const sources = { ...shard.sources };
  let { deletion } = shard;
  if (observation.deleted) {
    deletion = mergeDeletion(input, shard, before, draft);
  } else {
    delete draft.source.recreate;
    if (before === undefined && observation.pushed === undefined) mergeFirstMeeting(input, shard, next, draft);
    else mergeFields(input, shard, before, draft);
    deletion = mergeLife(input, shard, before, draft);
    forgetRecreation(input, sources);
    if (shard.deletion !== undefined && deletion === undefined) reviveElsewhere(input, sources);
  }
  sources[input.linkId] = draft.source;
  const edits = Object.keys(draft.edits).length === 0 ? undefined : draft.edits;
  return { data: draft.data, sources, edits, deletion, conflicted: draft.conflicted };
}
