import type { KeyDocument, KeyEntry } from '../../core/documents/key.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { putEntries } from '../../core/identity/key-entries.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Item, Linked, Stores } from './item.ts';
import { readSurvivors } from './write-shards.ts';

/** What is known, in one pass, of the keys that its records claim. */
export interface KeyBoard {
  readonly documents: ReadonlyMap<string, Stored<KeyDocument> | undefined>;
  /** By key: entries that count, of records outside of the pass, with the shard at the end of their link's forwarding. */
  readonly others: ReadonlyMap<string, readonly { readonly place: string; readonly entry: KeyEntry }[]>;
  /** Shards that may be matched, as they were read; `undefined` for those that are not there yet. */
  readonly shards: ReadonlyMap<string, Stored<ShardDocument> | undefined>;
  isCrowded(key: string): boolean;
  /** Links outside of the pass whose entries do not count. */
  readonly strays: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Reads the keys, the links of their entries, and those links' shards: three sets of reads, whatever the number of records. */
export async function readBoard(
  deps: Stores,
  scope: Scope,
  records: readonly { readonly place: string; readonly item: Item }[],
): Promise<KeyBoard> {
  const keys = [...new Set(records.flatMap(({ item }) => item.claims.map(({ key }) => key)))];
  const stored = await deps.keys.getMany(
    scope,
    keys.map((key) => ({ id: key, partition: key })),
  );
  const documents = new Map(keys.map((key, index) => [key, stored[index]]));
  const own = new Set(records.map(({ item }) => item.observation.linkId));
  const foreign = keys.flatMap((key) =>
    (documents.get(key)?.document.entries ?? []).flatMap((entry) => (own.has(entry.linkId) ? [] : [{ key, entry }])),
  );
  const shardIds = await readShardIds(deps, scope, foreign);
  const survivors = await readSurvivors(deps, scope, [...new Set(shardIds.values())]);
  const others = new Map<string, { place: string; entry: KeyEntry }[]>();
  const shards = new Map<string, Stored<ShardDocument> | undefined>();
  for (const { place, item } of records) if (item.link !== undefined) shards.set(place, item.shard);
  for (const { key, entry } of foreign) {
    const shardId = shardIds.get(`${key} ${entry.linkId}`);
    const survivor = shardId === undefined ? undefined : survivors.get(shardId);
    if (survivor === undefined) continue;
    shards.set(survivor.id, survivor.stored);
    others.set(key, [...(others.get(key) ?? []), { place: survivor.id, entry }]);
  }
  const isCrowded = (key: string): boolean => documents.get(key)?.document.crowded === true;
  const strays = new Map<string, Set<string>>();
  for (const { key, entry } of foreign) {
    if (!shardIds.has(`${key} ${entry.linkId}`)) strays.set(key, (strays.get(key) ?? new Set()).add(entry.linkId));
  }
  return { documents, others, shards, isCrowded, strays };
}

/** The shards of the entries that count: those whose links list the key. */
async function readShardIds(
  deps: Stores,
  scope: Scope,
  foreign: readonly { readonly key: string; readonly entry: KeyEntry }[],
): Promise<Map<string, string>> {
  const linkIds = [...new Set(foreign.map(({ entry }) => entry.linkId))];
  const links = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  const byId = new Map(linkIds.map((id, index) => [id, links[index]?.document]));
  const shardIds = new Map<string, string>();
  for (const { key, entry } of foreign) {
    const link = byId.get(entry.linkId);
    if (link?.claims?.keys.includes(key) === true) shardIds.set(`${key} ${entry.linkId}`, link.shardId);
  }
  return shardIds;
}

/**
 * Without the records that may match one whose link turned out to be another worker's, or to have been there all along. What that one claims was
 * taken for what the page shows, and it may claim nothing more in this page: so its matches are found by the others, once its link was read.
 */
export function leaveDoubtful(board: KeyBoard, lost: readonly Item[], records: readonly Linked[]): readonly Linked[] {
  if (lost.length === 0) return records;
  const linkIds = new Set(lost.map(({ observation }) => observation.linkId));
  const doubtful = new Set(lost.flatMap(({ claims }) => claims.map(({ key }) => key)));
  for (const [key, stored] of board.documents) {
    if (stored?.document.entries.some(({ linkId }) => linkIds.has(linkId)) === true) doubtful.add(key);
  }
  return records.filter(({ item }) => !item.claims.some(({ key }) => doubtful.has(key)));
}

/**
 * Writes the records' entries, each key once. Returns the records that hold all of their keys; the others take another pass, since someone claimed one of
 * them meanwhile.
 */
export async function writeEntries(
  deps: Stores,
  scope: Scope,
  board: KeyBoard,
  records: readonly Linked[],
): Promise<Linked[]> {
  const entries = new Map<string, KeyEntry[]>();
  for (const { item } of records) {
    for (const { key, form } of item.claims) {
      const entry: KeyEntry = {
        linkId: item.observation.linkId,
        revision: item.revision ?? 0,
        ...(form === undefined ? {} : { form: [...form] }),
      };
      entries.set(key, [...(entries.get(key) ?? []), entry]);
    }
  }
  const changes = [...entries].flatMap(([key, own]) => {
    const present = board.documents.get(key);
    const document = putEntries(scope.tenantId, key, present?.document, own, board.strays.get(key));
    return document === present?.document ? [] : [{ key, document, etag: present?.etag }];
  });
  const results = await deps.keys.writeMany(
    scope,
    changes.map(({ document, etag }) =>
      etag === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag },
    ),
  );
  const lost = new Set<string>();
  for (const [index, { key, document }] of changes.entries()) {
    if (!results[index]?.ok) lost.add(key);
    else if (document.crowded === true) deps.log.warn('a key that too many records have is no longer used', { key });
  }
  return records.filter(({ item }) => !item.claims.some(({ key }) => lost.has(key)));
}
