import type { KeyComponent } from './partition-key.ts';

/**
 * Effective partition keys: where a logical partition lies on the line from '' to 'FF' that feed ranges are cut from.
 * Version 2 of the service's hash: MurmurHash3 (x64, 128 bits) over a type byte and the value.
 */

const MASK = (1n << 64n) - 1n;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & MASK;
const multiply = (left: bigint, right: bigint): bigint => (left * right) & MASK;
const mixFirst = (block: bigint): bigint => multiply(rotate(multiply(block, C1), 31n), C2);
const mixSecond = (block: bigint): bigint => multiply(rotate(multiply(block, C2), 33n), C1);

function finish(value: bigint): bigint {
  let mixed = multiply(value ^ (value >> 33n), 0xff51afd7ed558ccdn);
  mixed = multiply(mixed ^ (mixed >> 33n), 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}

/** The two halves of the 128-bit hash. */
function murmur(bytes: Buffer): [bigint, bigint] {
  let [first, second] = [0n, 0n];
  const blocks = Math.floor(bytes.length / 16);
  for (let block = 0; block < blocks; block += 1) {
    first ^= mixFirst(bytes.readBigUInt64LE(block * 16));
    first = (multiply((rotate(first, 27n) + second) & MASK, 5n) + 0x52dce729n) & MASK;
    second ^= mixSecond(bytes.readBigUInt64LE(block * 16 + 8));
    second = (multiply((rotate(second, 31n) + first) & MASK, 5n) + 0x38495ab5n) & MASK;
  }
  // What is left over counts as if zeros followed.
  const tail = Buffer.alloc(16);
  bytes.copy(tail, 0, blocks * 16);
  second ^= mixSecond(tail.readBigUInt64LE(8));
  first ^= mixFirst(tail.readBigUInt64LE(0));
  const length = BigInt(bytes.length);
  first = ((first ^ length) + (second ^ length)) & MASK;
  second = ((second ^ length) + first) & MASK;
  first = finish(first);
  second = finish(second);
  first = (first + second) & MASK;
  return [first, (second + first) & MASK];
}

function bytesOf(component: KeyComponent): Buffer {
  if (typeof component === 'string') return Buffer.concat([Buffer.of(0x08), Buffer.from(component), Buffer.of(0xff)]);
  if (typeof component === 'number') {
    const bytes = Buffer.alloc(9, 0x05);
    bytes.writeDoubleLE(component, 1);
    return bytes;
  }
  if (typeof component === 'boolean') return Buffer.of(component ? 0x03 : 0x02);
  return Buffer.of(component === null ? 0x01 : 0x00);
}

function hashOf(component: KeyComponent): string {
  const [first, second] = murmur(bytesOf(component));
  const hash = Buffer.alloc(16);
  // The hash is written from its last byte to its first, without the two topmost bits.
  hash.writeBigUInt64BE(second, 0);
  hash.writeBigUInt64BE(first, 8);
  hash.writeUInt8(hash.readUInt8(0) & 0x3f, 0);
  return hash.toString('hex').toUpperCase();
}

/** The effective key of a full key, or, for a prefix of a hierarchical key, where its range begins. */
export function effectiveKey(components: readonly KeyComponent[]): string {
  return components.map(hashOf).join('');
}

/** A range of effective keys, from `min` up to but without `max`. */
export interface KeyRange {
  readonly min: string;
  readonly max: string;
}

/** The ranges of an account's physical partitions: equal parts of all keys, of which the first two bits are always 0. */
export function physicalRanges(count: number): KeyRange[] {
  const bound = (index: number): string =>
    Math.floor((0x4000 * index) / count)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
  return Array.from({ length: count }, (_, index) => ({
    min: index === 0 ? '' : bound(index),
    max: index === count - 1 ? 'FF' : bound(index + 1),
  }));
}

/** What two ranges have in common. */
export function intersection(left: KeyRange, right: KeyRange): KeyRange {
  return { min: left.min > right.min ? left.min : right.min, max: left.max < right.max ? left.max : right.max };
}

/** Effective keys by canonical key: readers of a range come back to the same keys again and again. */
const known = new Map<string, string>();
const MAX_KNOWN = 50_000;

/** Whether a canonical key lies in a range. */
export function isInRange(canonicalKey: string, { min, max }: KeyRange): boolean {
  let effective = known.get(canonicalKey);
  if (effective === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    effective = effectiveKey(JSON.parse(canonicalKey) as KeyComponent[]);
    known.set(canonicalKey, effective);
  }
  return effective >= min && effective < max;
}
