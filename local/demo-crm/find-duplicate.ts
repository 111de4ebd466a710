import type { Dataset } from './dataset.ts';
import { hash32, STREAMS } from './random.ts';

/** How a contact that is in the CRM twice differs from its first entry; in Latin script it may not differ at all. */
export const DUPLICATE_KINDS = ['casing', 'typo', 'phone-format', 'second-email', 'latin-script'] as const;
export type DuplicateKind = (typeof DUPLICATE_KINDS)[number];

export interface Duplicate {
  readonly originalIndex: number;
  readonly kind: DuplicateKind;
}

const ONE_DUPLICATE_IN = 25;
/** A person is entered again soon, as far as indexes are time. */
const LONGEST_DISTANCE = 2_000;

const hashAt = (dataset: Dataset, index: number): number => hash32(dataset.seed, STREAMS.duplicates, index);
const isDuplicate = (dataset: Dataset, index: number): boolean =>
  index > 0 && hashAt(dataset, index) % ONE_DUPLICATE_IN === 0;

/** Of whom the contact at this index is a second entry; undefined for a person entered for the first time. */
export const findDuplicate = (dataset: Dataset, index: number): Duplicate | undefined => {
  if (!isDuplicate(dataset, index)) {
    return;
  }
  const hash = Math.floor(hashAt(dataset, index) / ONE_DUPLICATE_IN);
  let originalIndex = index - 1 - (hash % Math.min(index, LONGEST_DISTANCE));
  while (isDuplicate(dataset, originalIndex)) {
    originalIndex -= 1;
  }
  const kind = DUPLICATE_KINDS[Math.floor(hash / LONGEST_DISTANCE) % DUPLICATE_KINDS.length];
  return kind === undefined ? undefined : { originalIndex, kind };
};
