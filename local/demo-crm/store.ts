import { readPath } from '../../adapters/kit/read-path.ts';
import { stampTime } from './apply-quirks.ts';
import type { BehaviourSwitch } from './behaviour.ts';
import { createBodyCache } from './body-cache.ts';
import { type Collection, openCollection, type Row } from './collection.ts';
import { type Dataset, timestampsAt } from './dataset.ts';
import { generateRecord, writeRecord } from './generate-record.ts';
import type { Creation, CreationKey, Journal } from './journal.ts';
import type { FieldFilter } from './list-request.ts';
import { type Fields, type RecordType, STAMPED_FIELDS } from './record-types.ts';

/** One change of one record, worked out against the record as it is when the change is committed. */
export type Change =
  | {
      readonly kind: 'create';
      readonly type: RecordType;
      readonly index: number;
      readonly fields: Fields;
      readonly creation?: CreationKey | undefined;
    }
  | {
      readonly kind: 'update';
      readonly type: RecordType;
      readonly index: number;
      readonly change: (fields: Fields) => Fields;
    }
  | { readonly kind: 'delete'; readonly type: RecordType; readonly index: number };

export interface Store {
  readonly dataset: Dataset;
  collection(type: RecordType): Collection;
  /** The JSON of a row, generated if need be. */
  bodyOf(type: RecordType, row: Row): string;
  /** Whether a live row has these texts, or values that are written so. */
  hasTexts(type: RecordType, row: Row, filters: readonly FieldFilter[]): boolean;
  /** The live row, other than the one with the index `except`, that has this value at the dotted path. */
  findByValue(type: RecordType, path: string, value: unknown, except?: number): Row | undefined;
  /** What was created with an idempotency key. */
  findCreation(key: string): Creation | undefined;
  /**
   * Takes so many ids for records to be created. As with a database's sequence, a lower id can so be seen later than a
   * higher one, and the id of a change that is never committed stays unused.
   */
  reserve(type: RecordType, count: number): readonly number[];
  /**
   * Commits changes, of one record at most one, together at one time (ms since 1970) and answers the rows that came of
   * them. A record that has been deleted meanwhile is left out. A record's `updatedAt` never goes back.
   */
  commit(changes: readonly Change[], atMs: number): readonly Row[];
  /** Back to the dataset before any change. */
  reset(): void;
}

export const openStore = (dataset: Dataset, journal: Journal, behaviour: BehaviourSwitch): Store => {
  let collections = openCollections(dataset, journal);
  const generated = createBodyCache();

  const bodyOf = (type: RecordType, row: Row): string =>
    row.body ??
    generated.get(type, row.index) ??
    generated.keep(type, row.index, generateRecord(dataset, type, row.index));

  const fieldsOf = (type: RecordType, row: Row): Fields => {
    // A record that changes is not asked for again as it was.
    const fields: Fields = JSON.parse(row.body ?? generateRecord(dataset, type, row.index));
    for (const name of STAMPED_FIELDS) {
      delete fields[name];
    }
    return fields;
  };

  const apply = (change: Change, atMs: number): Row | undefined => {
    const { type, index } = change;
    const row = collections[type].get(index);
    if (row?.state !== (change.kind === 'create' ? 'reserved' : 'live')) {
      return;
    }
    const updatedAtMs = Math.max(stampTime(behaviour.current.quirks, atMs), row.updatedAtMs);
    const createdAtMs = change.kind === 'create' ? updatedAtMs : row.createdAtMs;
    const stamps = { createdAtMs, updatedAtMs, version: row.version + 1 };
    if (change.kind === 'delete') {
      return { index, ...stamps, state: 'deleted', body: '' };
    }
    const fields = change.kind === 'create' ? change.fields : change.change(fieldsOf(type, row));
    return { index, ...stamps, state: 'live', body: writeRecord(type, index, fields, stamps) };
  };

  const hasTexts: Store['hasTexts'] = (type, row, filters) => {
    const record: unknown = JSON.parse(bodyOf(type, row));
    return filters.every(({ path, text }) => {
      const value = readPath(record, path);
      return (
        (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') && `${value}` === text
      );
    });
  };

  return {
    dataset,
    collection: (type) => collections[type],
    bodyOf,
    hasTexts,
    findByValue: (type, path, value, except) => {
      const matches = (row: Row): boolean => row.index !== except && hasTexts(type, row, [{ path, text: `${value}` }]);
      return collections[type].list({ order: 'id', limit: 1, includeDeleted: false, matches }).rows[0];
    },
    findCreation: (key) => journal.findCreation(key),
    reserve: (type, count) => {
      const collection = collections[type];
      const indexes = Array.from({ length: count }, (_, place) => collection.size + place);
      for (const index of indexes) {
        collection.put(reservedRow(index));
      }
      return indexes;
    },
    commit: (changes, atMs) => {
      const done = changes.flatMap((change) => {
        const row = apply(change, atMs);
        const creation = change.kind === 'create' ? change.creation : undefined;
        return row === undefined ? [] : [{ type: change.type, row, creation }];
      });
      journal.append(done);
      for (const { type, row } of done) {
        collections[type].put(row);
      }
      return done.map(({ row }) => row);
    },
    reset: () => {
      journal.clear();
      collections = openCollections(dataset, journal);
    },
  };
};

const reservedRow = (index: number): Row => ({
  index,
  createdAtMs: 0,
  updatedAtMs: 0,
  version: 0,
  state: 'reserved',
  body: undefined,
});

const openCollections = (dataset: Dataset, journal: Journal): Record<RecordType, Collection> => {
  const open = (type: RecordType): Collection => {
    const rows: Row[] = [];
    for (let index = 0; index < dataset.counts[type]; index += 1) {
      rows.push({ index, ...timestampsAt(dataset, type, index), version: 1, state: 'live', body: undefined });
    }
    for (const row of journal.rows(type)) {
      while (rows.length < row.index) {
        rows.push(reservedRow(rows.length));
      }
      rows[row.index] = row;
    }
    return openCollection(rows);
  };
  return { companies: open('companies'), contacts: open('contacts'), deals: open('deals') };
};
