import type { Institution } from './institutions.ts';
import { hash32, STREAMS } from './random.ts';
import { RECORD_TYPES, type RecordType } from './record-types.ts';

/** What all generated records are a function of. */
export interface Dataset {
  readonly seed: number;
  /** How many records of each type there are before any change. */
  readonly counts: Readonly<Record<RecordType, number>>;
  readonly institutions: readonly Institution[];
}

const CREATED_FROM_MS = Date.UTC(2019, 0, 1);
const CREATED_UNTIL_MS = Date.UTC(2026, 0, 1);
const UPDATED_UNTIL_MS = Date.UTC(2026, 5, 30);
/**
 * One record in eight was touched by a bulk import: all of a type at the same millisecond, thousands of them, so that
 * a tie is longer than any page.
 */
const IMPORTED_AT_MS = Date.UTC(2026, 1, 14, 3, 15, 0, 250);
const ONE_IMPORTED_IN = 8;

export interface Timestamps {
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Creation follows the index, as ids do; the last update does not. Milliseconds since 1970. */
export const timestampsAt = (dataset: Dataset, type: RecordType, index: number): Timestamps => {
  const createdAtMs = Math.floor(
    CREATED_FROM_MS + ((CREATED_UNTIL_MS - CREATED_FROM_MS) * index) / Math.max(dataset.counts[type], index + 1),
  );
  const hash = hash32(dataset.seed, STREAMS.timestamps * 10 + RECORD_TYPES.indexOf(type), index);
  if (hash % ONE_IMPORTED_IN === 0) {
    return { createdAtMs, updatedAtMs: IMPORTED_AT_MS };
  }
  return { createdAtMs, updatedAtMs: createdAtMs + Math.floor((UPDATED_UNTIL_MS - createdAtMs) * (hash / 2 ** 32)) };
};
