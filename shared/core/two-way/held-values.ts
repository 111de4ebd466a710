import type { ShardDocument, ShardSource } from '../documents/shard.ts';
import { readPath } from '../field-path.ts';
import type { Json } from '../json.ts';
import { ownValue } from '../own-value.ts';

type Held = NonNullable<ShardSource['held']>;

/** Whether something of it still waits for a person. */
export function isWaiting(held: Held | undefined): boolean {
  return held !== undefined && (Object.keys(held.fields).length > 0 || held.deletion !== undefined);
}

/** The value that the other side sets against ours: what it shows, or showed until a decision that was taken back was written there. */
export function theirsOf(source: ShardSource, field: string): Json | undefined {
  const overwritten = ownValue(source.held?.fields, field)?.theirs;
  if (overwritten !== undefined) return overwritten.value as Json | undefined;
  return readPath(source.externalBase, field.split('.')) as Json | undefined;
}

export function oursOf(shard: Pick<ShardDocument, 'data'>, field: string): Json | undefined {
  return readPath(shard.data, field.split('.')) as Json | undefined;
}
