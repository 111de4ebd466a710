import { changeShard } from '../change-shard.ts';
import { definedOnly } from '../defined-only.ts';
import type { Cause } from '../documents/cause.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { setPath } from '../identity/survivorship.ts';
import type { Json, JsonObject } from '../json.ts';
import { oursOf, theirsOf } from './held-values.ts';
import { reviveElsewhere } from './merge-life.ts';
import { markPushes, type PushRoute } from './push-routes.ts';
import { settleHolds } from './settle-holds.ts';

/** What becomes of one field: one side's value, or another one. */
export type FieldChoice = { readonly take: 'ours' | 'theirs' } | { readonly take: 'value'; readonly value: Json };

/** What was decided about what a source holds. */
export interface ConflictDecision {
  readonly conflictId: string;
  /** Of the conflict's decisions, which one. */
  readonly number: number;
  readonly fields: Readonly<Record<string, FieldChoice>>;
  /** Of a record that was deleted on one side. */
  readonly deletion?: 'keep' | 'delete' | undefined;
}

/**
 * The shard with a decision carried out: its values are the decided ones, and the base is what the other side shows, so that whatever differs from that counts
 * as moved here and is pushed. Only for a source that holds this conflict.
 */
export function decideConflict(
  shard: ShardDocument,
  linkId: string,
  decision: ConflictDecision,
  routes: readonly PushRoute[],
  cause: Cause,
): ShardDocument {
  const source = shard.sources[linkId];
  if (source === undefined) throw new TypeError(`${linkId} is not a source of ${shard.id}`);
  const data = structuredClone(shard.data) as JsonObject;
  const edits = { ...shard.edits };
  const fields = { ...source.held?.fields };
  const agreements = { ...source.internalBase };
  for (const [field, choice] of Object.entries(decision.fields)) {
    setPath(data, field.split('.'), valueOfChoice(choice, oursOf(shard, field), theirsOf(source, field)));
    edits[field] = { at: cause.at, by: choice.take === 'theirs' ? linkId : decision.conflictId };
    delete fields[field];
    delete agreements[field];
  }
  const { held, internalBase: _internalBase, ...rest } = source;
  const waits = Object.keys(fields).length > 0 && decision.deletion !== 'delete';
  const next: ShardSource = {
    ...rest,
    ...(Object.keys(agreements).length === 0 ? {} : { internalBase: agreements }),
    ...(held !== undefined && waits ? { held: { conflictId: held.conflictId, since: held.since, fields } } : {}),
    decided: { conflictId: decision.conflictId, number: decision.number },
  };
  const life = decideLife(shard, linkId, next, decision.deletion, routes, cause);
  const sources = settleHolds({ data, status: life.status, sources: life.sources });
  return writeDecision(shard, { data, sources, edits, status: life.status, deletion: life.deletion }, cause, routes);
}

/** What a decision, or its undo, makes of a shard. */
export interface DecidedShard {
  readonly data: JsonObject;
  readonly sources: ShardDocument['sources'];
  readonly edits: NonNullable<ShardDocument['edits']>;
  readonly status: Exclude<ShardDocument['status'], 'merged'>;
  readonly deletion: ShardDocument['deletion'];
}

/** The next revision where data or status change, with what is to be pushed of it. */
export function writeDecision(
  shard: ShardDocument,
  { data, sources, edits, status, deletion }: DecidedShard,
  cause: Cause,
  routes: readonly PushRoute[],
): ShardDocument {
  const change = { data, sources, ...(status === 'archived' ? {} : { status }) };
  const { edits: _edits, deletion: _deletion, ...changed } = changeShard(shard, change, cause, []);
  const { pushProblems } = shard;
  return markPushes(
    {
      ...changed,
      ...(Object.keys(edits).length === 0 ? {} : { edits }),
      ...definedOnly({ deletion, pushProblems }),
    },
    routes,
  );
}

/** What a choice comes to; `undefined` where the field is to be empty. */
export function valueOfChoice(choice: FieldChoice, ours: Json | undefined, theirs: Json | undefined): Json | undefined {
  if (choice.take === 'value') return choice.value;
  return choice.take === 'ours' ? ours : theirs;
}

interface Life {
  readonly status: Exclude<ShardDocument['status'], 'merged'>;
  readonly deletion: ShardDocument['deletion'];
  readonly sources: ShardDocument['sources'];
}

/** Deleted there: it is deleted here as well, or created there anew. Deleted here: the deletion stands and is pushed, or the shard lives again. */
function decideLife(
  { status, deletion, sources }: ShardDocument,
  linkId: string,
  source: ShardSource,
  choice: ConflictDecision['deletion'],
  routes: readonly PushRoute[],
  cause: Cause,
): Life {
  if (status === 'merged') throw new TypeError('A tombstone holds nothing');
  const after = { ...sources, [linkId]: source };
  if (choice === undefined) return { status, deletion, sources: after };
  if (choice === 'delete') {
    return { status: 'deleted', deletion: deletion ?? { by: linkId, at: cause.at }, sources: after };
  }
  if (status !== 'deleted') {
    return { status, deletion, sources: { ...after, [linkId]: { ...source, recreate: true } } };
  }
  reviveElsewhere({ linkId, routes }, after);
  if (source.deleted) after[linkId] = { ...source, recreate: true };
  return { status: 'active', deletion: undefined, sources: after };
}
