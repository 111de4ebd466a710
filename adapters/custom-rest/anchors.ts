import { AdapterFailure } from '../../shared/core/adapter.ts';
import { canonicalText } from '../../shared/core/canonical.ts';
import { isJsonObject } from '../../shared/core/json.ts';
import { readPath } from '../kit/read-path.ts';
import { digest, type Retreat } from './position.ts';
import { readExternalId } from './read-record.ts';
import type { ObjectSettings } from './settings.ts';

/**
 * How a read by page or by offset finds its place again when records before it were removed, or were modified and so moved to the
 * end: then everything after them has come closer to the start, and the next page would begin behind records that were never
 * seen. Marks are identities of records that were given. Records that stay keep their order, so that all of them up to a
 * marked record have been given too: a read is right to go on after any mark that it finds, and nowhere else.
 */
export interface Anchors {
  /** How many items before the place the newest mark's record is (1: the last one); 0 when that page had none with an id. */
  readonly behind: number;
  /** Oldest first. */
  readonly marks: readonly string[];
}

export type IdentityFields = Pick<ObjectSettings, 'idField' | 'modifiedField'>;

/** More than one, so that a change of the last record of a page does not lose the page as a place to go back to. */
const marksPerPage = 3;

/** How often in a row a read goes back by a page before it gives up. */
export const mostStepsBack = 10;

const mostMarks = marksPerPage * (mostStepsBack + 1);

/**
 * The identity of an item that has an id. Its modification is part of it, or all of it where that is not told: a record that was
 * modified may have moved to the end, where it says nothing about what comes before it.
 */
function markItem(item: unknown, { idField, modifiedField }: IdentityFields): string | undefined {
  if (!isJsonObject(item)) return undefined;
  const id = readExternalId(item, idField);
  if (id === undefined) return undefined;
  const modified = modifiedField === undefined ? undefined : readPath(item, modifiedField);
  return digest(JSON.stringify([id, modified ?? canonicalText(item)]));
}

/** The marks after a page whose last items, up to the next place, are `items`. */
export function advanceAnchors(
  earlier: Anchors,
  items: readonly unknown[],
  fields: IdentityFields,
): { behind: number; marks: string[] } {
  let behind = 0;
  const found: string[] = [];
  for (let index = items.length - 1; index >= 0 && found.length < marksPerPage; index -= 1) {
    const mark = markItem(items[index], fields);
    if (mark === undefined) continue;
    if (behind === 0) behind = items.length - index;
    found.unshift(mark);
  }
  const kept = earlier.marks.filter((mark) => !found.includes(mark));
  return { behind, marks: [...kept, ...found].slice(-mostMarks) };
}

/**
 * The items after the newest mark among them; undefined when none is. Where a list shows one record twice, `which` says which of the two
 * is meant: the `first` where the answer begins at the mark, the `last` where it ends there.
 */
export function findAfterAnchor(
  items: readonly unknown[],
  { behind, marks }: Anchors,
  fields: IdentityFields,
  which: 'first' | 'last',
): readonly unknown[] | undefined {
  const present = items.map((item) => markItem(item, fields));
  for (const mark of marks.toReversed()) {
    const index = which === 'first' ? present.indexOf(mark) : present.lastIndexOf(mark);
    if (index < 0) continue;
    let next = index + 1;
    // What follows the mark without an id was given, that is: refused, with the page before.
    while (next < present.length && next < index + behind && present[next] === undefined) next += 1;
    return items.slice(next);
  }
  return undefined;
}

/** One step back more, from the place `from`. Throws `cursor-expired` when these were too many in a row. */
export function stepBack(earlier: Retreat | undefined, from: number): Retreat {
  const steps = (earlier?.steps ?? 0) + 1;
  if (steps > mostStepsBack) {
    throw new AdapterFailure(
      'cursor-expired',
      `The place of this read was not found again within ${mostStepsBack} steps back: the list changed too much meanwhile, or it shows its records differently each time.`,
    );
  }
  return { steps, until: Math.max(earlier?.until ?? 0, from) };
}

/** The steps back still count at the place `at`, until the read is past the farthest place where it lost its way: else it could go in rounds. */
export function keepRetreat(earlier: Retreat | undefined, at: number): { retreat?: Retreat } {
  return earlier === undefined || at > earlier.until ? {} : { retreat: earlier };
}
