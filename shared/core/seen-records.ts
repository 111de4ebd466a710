import type { ExternalChange, RejectedRecord } from './adapter.ts';
import type { Feed } from './conversion/compile-schema.ts';
import { linkIdOf } from './observation.ts';

/** 60 bits of a link's id: two that are alike in them would keep a missing record, and among millions of links there are none. */
export const lettersOfId = 10;
const alphabet = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const codeOf = new Map([...alphabet].map((letter, code) => [letter, code]));

/** Ids by which the records of a page could have links: whatever became of a record, and whatever the mapping makes of it, it was there. */
export function linksOfRecords(
  integrationId: string,
  feeds: readonly Feed[],
  page: { readonly changes: readonly ExternalChange[]; readonly rejected: readonly RejectedRecord[] },
): string[] {
  const present = [
    ...page.changes.filter((change) => !change.deleted).map(({ externalId }) => externalId),
    ...page.rejected.flatMap(({ externalId }) => externalId ?? []),
  ];
  const own = feeds.filter((feed) => feed.derived !== true);
  return present.flatMap((externalId) =>
    own.map(({ object, shardTypeId }) => linkIdOf(integrationId, object, externalId, shardTypeId)),
  );
}

/** Link ids as a page keeps them: in order, without repeats, a third of the size. */
export function writeSeen(linkIds: readonly string[]): string {
  return [...new Set(linkIds.map((id) => id.slice(0, lettersOfId)))].sort().join('');
}

/** A part of all ids: those that begin with letters from `from` on and before `to`. */
export interface IdRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Cuts ids into parts of about the same size, since they are hashes. */
export function rangeOfPart(part: number, parts: number): IdRange {
  const bound = (index: number) => alphabet[Math.floor((alphabet.length * index) / parts)];
  return {
    ...(part === 0 ? {} : { from: bound(part) }),
    ...(part === parts - 1 ? {} : { to: bound(part + 1) }),
  };
}

/** How many parts ids are to be cut into, so that one fits into memory: 16 bytes an id. */
export function partsOf(ids: number, mostInMemory: number): number {
  return Math.min(alphabet.length, Math.max(1, Math.ceil(ids / mostInMemory)));
}

/** A set of link ids in 16 to 32 bytes each, whatever their number. */
export class SeenRecords {
  readonly #range: IdRange;
  #size = 0;
  /** Two halves of an id side by side; a free place has 0 in the first, which is stored one higher. */
  #table = new Uint32Array(2 * 1024);

  constructor(range: IdRange = {}) {
    this.#range = range;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes what `writeSeen` wrote, as far as it is within the range. */
  add(seen: string): void {
    for (let at = 0; at + lettersOfId <= seen.length; at += lettersOfId) {
      const first = seen[at] ?? '';
      if (first < (this.#range.from ?? '') || (this.#range.to !== undefined && first >= this.#range.to)) continue;
      this.#put(halfOf(seen, at) + 1, halfOf(seen, at + lettersOfId / 2));
    }
  }

  has(linkId: string): boolean {
    const high = halfOf(linkId, 0) + 1;
    const low = halfOf(linkId, lettersOfId / 2);
    return this.#table[this.#placeOf(high, low)] === high;
  }

  #put(high: number, low: number): void {
    const place = this.#placeOf(high, low);
    if (this.#table[place] === high) return;
    this.#table[place] = high;
    this.#table[place + 1] = low;
    this.#size += 1;
    if (this.#size * 4 > this.#table.length) this.#grow();
  }

  /** Where an id is, or is to be put. */
  #placeOf(high: number, low: number): number {
    const mask = this.#table.length / 2 - 1;
    let slot = (low ^ (high >>> 7)) & mask;
    for (;;) {
      const present = this.#table[2 * slot];
      if (present === 0 || (present === high && this.#table[2 * slot + 1] === low)) return 2 * slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(before.length * 2);
    for (let place = 0; place < before.length; place += 2) {
      const high = before[place] ?? 0;
      const low = before[place + 1] ?? 0;
      if (high === 0) continue;
      const next = this.#placeOf(high, low);
      this.#table[next] = high;
      this.#table[next + 1] = low;
    }
  }
}

/** Half of an id, 30 bits, from its letters. */
function halfOf(text: string, at: number): number {
  let bits = 0;
  for (let index = at; index < at + lettersOfId / 2; index += 1)
    bits = (bits << 6) | (codeOf.get(text[index] ?? '') ?? 0);
  return bits >>> 0;
}

/** Names a set of links, one at a time and in any order. */
export function addToDigest(digest: string, linkIds: readonly string[]): string {
  const bytes = digest === '' ? new Uint8Array(16) : new Uint8Array(Buffer.from(digest, 'base64url'));
  for (const id of linkIds) {
    const own = Buffer.from(id, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = (bytes[index] ?? 0) ^ (own[index] ?? 0);
  }
  return Buffer.from(bytes).toString('base64url');
}
