import { sameValue } from '../canonical.ts';
import { definedOnly } from '../defined-only.ts';
import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { Json } from '../json.ts';
import { oursOf, theirsOf } from './held-values.ts';
import { sameMeaning } from './same-meaning.ts';

type Settled = Pick<ShardDocument, 'data' | 'status' | 'sources'>;

/**
 * Lets go of what a change here has settled: fields that have become what a source shows, and deletions that the shard's own life or death has answered.
 */
export function settleHolds(shard: Settled): ShardDocument['sources'] {
  if (!Object.values(shard.sources).some(({ held }) => held !== undefined)) return shard.sources;
  return Object.fromEntries(
    Object.entries(shard.sources).map(([linkId, source]) => [linkId, settleSource(shard, source)]),
  );
}

function settleSource(shard: Settled, source: ShardSource): ShardSource {
  const { held } = source;
  if (held === undefined) return source;
  const answered = shard.status === 'active' ? 'here' : 'there';
  const fields = { ...held.fields };
  const agreements = { ...source.internalBase };
  for (const field of Object.keys(held.fields)) {
    const ours = oursOf(shard, field);
    const theirs = theirsOf(source, field);
    if (!sameMeaning(ours, theirs)) continue;
    delete fields[field];
    const shown = readPath(source.externalBase, field.split('.')) as Json | undefined;
    // What was overwritten there is to be written again.
    if (sameValue(shown, theirs) && !sameValue(ours, theirs)) agreements[field] = definedOnly({ value: ours });
  }
  const { deletion, ...kept } = held;
  const isAnswered = deletion === answered;
  if (!isAnswered && Object.keys(fields).length === Object.keys(held.fields).length) return source;
  const { internalBase: _internalBase, ...rest } = source;
  return {
    ...rest,
    ...(Object.keys(agreements).length === 0 ? {} : { internalBase: agreements }),
    held: { ...kept, fields, ...(deletion === undefined || isAnswered ? {} : { deletion }) },
  };
}
