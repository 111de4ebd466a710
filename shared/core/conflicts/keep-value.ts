import { canonicalText, shortHash } from '../canonical.ts';
import type { ConflictSide } from '../documents/conflict.ts';
import type { Json } from '../json.ts';

/** A conflict holds five values of each of its fields, and a document may have 2 MB. */
const mostBytes = 1_200_000;
const largestValueBytes = 64_000;

/** Keeps values as long as there is room in their document. */
export class ValueRoom {
  #leftBytes = mostBytes;

  keep(value: Json | undefined): ConflictSide {
    if (value === undefined) return {};
    const text = canonicalText(value);
    const bytes = Buffer.byteLength(text);
    if (bytes > largestValueBytes || bytes > this.#leftBytes) return { tooLarge: { print: shortHash(text), bytes } };
    this.#leftBytes -= bytes;
    return { value };
  }
}

/** The kept value. @throws RangeError for one that was too large */
export function keptValue(side: ConflictSide): Json | undefined {
  if (side.tooLarge !== undefined) throw new RangeError(`A value of ${side.tooLarge.bytes} bytes was not kept`);
  return side.value as Json | undefined;
}
