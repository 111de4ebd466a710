/**
 * A 32-bit hash of three numbers. The demo data are functions of (seed, stream, index), so that a record can be made
 * when it is asked for, in any order, and is the same in every run.
 */
export const hash32 = (seed: number, stream: number, index: number): number => {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  hash = scramble(hash ^ Math.imul(stream + 0x7f4a7c15, 0xc2b2ae35));
  return scramble(hash ^ Math.imul(index + 0x165667b1, 0x27d4eb2f));
};

const scramble = (value: number): number => {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Draws from the pseudo-random stream of one record. */
export interface Draw {
  /** 0 <= value < 1 */
  fraction(): number;
  /** A whole number, 0 <= value < bound. */
  integer(bound: number): number;
  chance(probability: number): boolean;
  /** One of the items; the list must not be empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** So many decimal digits, the first not 0. */
  digits(count: number): string;
}

/** One number per kind of thing drawn, so that no two kinds share a stream. */
export const STREAMS = {
  company: 1,
  contact: 2,
  contactDetails: 3,
  deal: 4,
  duplicates: 5,
  changes: 6,
  faults: 7,
  timestamps: 8,
} as const;

export const drawFrom = (seed: number, stream: number, index: number): Draw => {
  let state = hash32(seed, stream, index);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    return scramble(state) / 2 ** 32;
  };
  const integer = (bound: number): number => Math.floor(fraction() * bound);
  return {
    fraction,
    integer,
    chance: (probability) => fraction() < probability,
    pick: (items) => {
      const item = items[integer(items.length)];
      if (item === undefined) {
        throw new RangeError('cannot pick from an empty list');
      }
      return item;
    },
    digits: (count) => {
      let text = `${1 + integer(9)}`;
      while (text.length < count) {
        text += `${integer(10)}`;
      }
      return text;
    },
  };
};
