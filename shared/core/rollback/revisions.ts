import type { Cause } from '../documents/cause.ts';
import type { JournalDocument } from '../documents/journal.ts';
import type { ShardDocument } from '../documents/shard.ts';

/** A revision of a shard, and what made it; the present one has no image. */
export interface Revision {
  readonly revision: number;
  readonly cause: Cause | undefined;
  readonly image?: JournalDocument['image'];
}

/** By number, the present one first, then from the newest down: writers that raced for a revision have an entry each, of the same image. */
export function revisionsOf(shard: ShardDocument, entries: readonly JournalDocument[]): Map<number, Revision> {
  const found = new Map<number, Revision>([[shard.revision, { revision: shard.revision, cause: shard.cause }]]);
  const older = entries.filter(({ revision }) => revision < shard.revision).sort((a, b) => b.revision - a.revision);
  for (const { revision, image } of older) {
    if (!found.has(revision)) found.set(revision, { revision, cause: image.cause, image });
  }
  return found;
}

/** A revision, and should it be a rollback's the one that it brought back, and so on: all of them are of the same content. */
export function broughtBack(revision: number, revisions: ReadonlyMap<number, Revision>): Revision[] {
  const chain: Revision[] = [];
  for (let next = revisions.get(revision); next !== undefined; ) {
    chain.push(next);
    const { restores } = next.cause ?? {};
    next = restores === undefined ? undefined : revisions.get(restores);
  }
  return chain;
}

export function revisionBefore(revision: number, revisions: ReadonlyMap<number, Revision>): number | undefined {
  return [...revisions.keys()].find((each) => each < revision);
}

/** All that a revision rests on, newest first. What a rollback took back lies between it and what it brought back, and is no part of it. */
export function ancestryOf(present: number, revisions: ReadonlyMap<number, Revision>): Revision[] {
  const ancestry: Revision[] = [];
  for (let at: number | undefined = present; at !== undefined; ) {
    const chain = broughtBack(at, revisions);
    ancestry.push(...chain);
    const last = chain.at(-1);
    // Revision 0: it was taken back to before it was created.
    const isBeforeAll = last === undefined || last.cause?.restores === 0;
    at = isBeforeAll ? undefined : revisionBefore(last.revision, revisions);
  }
  return ancestry;
}
