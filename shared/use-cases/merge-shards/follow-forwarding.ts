import type { ShardDocument } from '../../core/documents/shard.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** A shard at the end of its forwarding: which one it is, and whether it is there. */
export interface Survivor {
  readonly id: string;
  readonly stored: Stored<ShardDocument> | undefined;
  /** Tombstones on the way, the asked one first. */
  readonly tombs: readonly ShardDocument[];
}

/** Reads shards by id, each followed to the one that it was merged into; one set of reads a level of forwarding. */
export async function followForwarding(
  deps: Pick<Deps, 'shards'>,
  scope: Scope,
  ids: readonly string[],
): Promise<Map<string, Survivor>> {
  const read = new Map<string, Stored<ShardDocument> | undefined>();
  let wanted = [...new Set(ids)];
  while (wanted.length > 0) {
    const shards = await deps.shards.getMany(
      scope,
      wanted.map((id) => ({ id })),
    );
    for (const [index, id] of wanted.entries()) read.set(id, shards[index]);
    const targets = shards.flatMap((shard) => shard?.document.mergedInto ?? []);
    wanted = [...new Set(targets)].filter((id) => !read.has(id));
  }
  return new Map([...new Set(ids)].map((id) => [id, walk(read, id)]));
}

function walk(read: ReadonlyMap<string, Stored<ShardDocument> | undefined>, asked: string): Survivor {
  const tombs: ShardDocument[] = [];
  let id = asked;
  for (;;) {
    const stored = read.get(id);
    if (stored?.document.mergedInto === undefined) return { id, stored, tombs };
    tombs.push(stored.document);
    id = stored.document.mergedInto;
  }
}
