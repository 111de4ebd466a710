import { canonicalText, sameValue, shortHash } from './canonical.ts';
import { percent } from './compare-records.ts';
import type { Tally } from './documents/comparison.ts';
import type { ShardDocument, ShardSource } from './documents/shard.ts';
import type { TaskDocument } from './documents/task.ts';
import { readPath } from './field-path.ts';
import type { Json } from './json.ts';
import type { Observation } from './observation.ts';

/** A change that may be met in many records: this field loses its value, or gets this one. */
export interface FieldChange {
  /** Dotted. */
  readonly field: string;
  /** Absent for none. */
  readonly to?: Json;
}

/** What a page does to records that had been here. */
export interface PageChanges {
  readonly met: number;
  readonly deleted: number;
  readonly changes: readonly FieldChange[];
}

/** Counted exactly; of those that many records have in common, there can be but few. */
const mostChanges = 64;

export const emptyTally: Tally = { met: 0, deleted: 0, changes: [] };

/** Which values of a shard an observation would overwrite. What has no value has none to lose. */
export function overwrittenBy(observation: Observation, source: ShardSource, shard: ShardDocument): FieldChange[] {
  return observation.feed.paths.flatMap((path): FieldChange[] => {
    const to = readPath(observation.data, path) as Json | undefined;
    if (sameValue(readPath(source.externalBase, path) as Json | undefined, to)) return [];
    const from = readPath(shard.data, path) as Json | undefined;
    if (isEmpty(from) || sameValue(from, to)) return [];
    return [{ field: path.join('.'), ...(isEmpty(to) ? {} : { to: to as Json }) }];
  });
}

/** The tally with another page. */
export function addToTally(tally: Tally, page: PageChanges): Tally {
  const before = new Map(tally.changes.map((change) => [nameOf(change.field, change.to), change]));
  const met = new Map<string, Tally['changes'][number]>();
  for (const { field, to } of page.changes) {
    const value = to === undefined ? undefined : valueName(to);
    const name = nameOf(field, value);
    const records = (met.get(name) ?? before.get(name))?.records ?? 0;
    met.set(name, { field, ...(value === undefined ? {} : { to: value }), records: records + 1 });
  }
  // Of those met as often, the newest stay: else what was met once would keep out what is met in every page from now on.
  const all = [...met.values(), ...[...before].flatMap(([name, change]) => (met.has(name) ? [] : [change]))];
  const changes = all.sort((a, b) => b.records - a.records).slice(0, mostChanges);
  return { met: tally.met + page.met, deleted: tally.deleted + page.deleted, changes };
}

/** Something that a run does to many records; `again`: not to so many that people are asked who have not rejected it before. */
export type Excess = {
  readonly records: number;
  readonly of: number;
  readonly reason: string;
  readonly again: boolean;
} & (
  | { readonly kind: 'delete-marked' }
  | {
      readonly kind: 'overwrite-field';
      readonly field: string;
      /** Names the value. */
      readonly to: string | undefined;
    }
);

/** What is looked at once something was rejected: else what stays below the thresholds would be done bit by bit, with every run. */
const afterRejection = { deletedRecords: 4, overwrittenRecords: 2 };

/**
 * What a run does to many records.
 *
 * @param known how many records the object has, where the run reads only a part of it
 * @param expected how many it has, where that is known
 */
export function excessesOf(
  tally: Tally,
  holds: TaskDocument['holds'],
  { known = 0, expected = 0 }: { readonly known?: number | undefined; readonly expected?: number | undefined },
): Excess[] {
  const excesses: Excess[] = [];
  const all = Math.max(tally.met, known, expected);
  const { deleted } = tally;
  const isMuch = deleted > holds.deletedRecords || (deleted >= fewestByShare && deleted > holds.deletedShare * all);
  if (isMuch || deleted > Math.min(afterRejection.deletedRecords, holds.deletedRecords)) {
    const reason = `The provider shows ${deleted} of ${all} records as deleted.`;
    excesses.push({ kind: 'delete-marked', records: deleted, of: all, reason, again: !isMuch });
  }
  // Of a whole read only what has been seen so far counts: it has to stop before most of the harm is done.
  const of = Math.max(tally.met, known);
  for (const { field, to, records } of tally.changes) {
    if (records < afterRejection.overwrittenRecords || records <= holds.overwrittenShare * of) continue;
    const becomes = to === undefined ? 'lose their value' : 'get one and the same value';
    const reason = `${records} of ${of} records ${becomes} of "${field}", more than ${percent(holds.overwrittenShare)}.`;
    const again = records < holds.overwrittenRecords;
    excesses.push({ kind: 'overwrite-field', field, to, records, of, reason, again });
  }
  return excesses;
}

const fewestByShare = 5;

export function valueName(value: Json): string {
  return shortHash(canonicalText(value)).slice(0, 12);
}

function nameOf(field: string, value: string | undefined): string {
  return `${field} ${value ?? ''}`;
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' && Object.keys(value).length === 0;
}
