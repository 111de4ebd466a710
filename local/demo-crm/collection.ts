/** A `reserved` row has an id but no record yet (or never, if its writer failed): nobody sees it. */
export type RowState = 'live' | 'deleted' | 'reserved';

/** One record's place in a collection. `body` is its JSON; undefined for a generated one that nobody has asked for. */
export interface Row {
  readonly index: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly version: number;
  readonly state: RowState;
  readonly body: string | undefined;
}

/** A position in the order of updates: after the row with this index at this time. */
export interface UpdatePosition {
  readonly updatedAtMs: number;
  readonly index: number;
}

export interface ListQuery {
  readonly order: 'id' | 'updatedAt';
  /** List what comes after this position; with the order `id` only the index counts. */
  readonly after?: UpdatePosition;
  /** With the order `updatedAt`: rows updated at this time or later. */
  readonly sinceMs?: number;
  /** Only rows created at this time or later. */
  readonly createdFromMs?: number;
  /** Only rows created before this time. */
  readonly createdToMs?: number;
  /** How many rows to pass over, counted from the position. */
  readonly offset?: number;
  readonly limit: number;
  readonly includeDeleted: boolean;
  /** Only live rows of which this holds. */
  readonly matches?: (row: Row) => boolean;
}

interface ListPage {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/**
 * Rows in two orders: by index, which is the order of ids, and by (updatedAt, index). Rows are never taken out; a deleted
 * one stays as a marker.
 */
export interface Collection {
  /** One more than the highest index in use. */
  readonly size: number;
  get(index: number): Row | undefined;
  /** Puts a row in the place of the one with its index, or at the end. Indexes have no gaps. */
  put(row: Row): void;
  list(query: ListQuery): ListPage;
  /** How many rows a query finds over all its pages. */
  count(query: Omit<ListQuery, 'after' | 'offset' | 'limit'>): number;
}

/** How many totals are kept. */
const mostCounted = 256;

/** Opens a collection of the rows with the indexes 0, 1, 2 and so on; throws RangeError if one is missing. */
export const openCollection = (initial: readonly Row[]): Collection => {
  const rows = [...initial];
  assertNoGaps(rows);
  const sorted = sortedLength(rows);
  let byUpdate: UpdatePosition[] | undefined;
  let outdated = 0;
  const stateCounts: Record<RowState, number> = { live: 0, deleted: 0, reserved: 0 };
  for (const row of rows) {
    stateCounts[row.state] += 1;
  }
  /** Totals by query, for as long as nothing changes: every page of a read asks for its own again. */
  const counted = new Map<string, number>();

  /** A row that was updated again leaves its old entry behind, which no longer tells the row's time. */
  const rowOf = (entry: UpdatePosition): Row | undefined => {
    const row = rows[entry.index];
    return row?.updatedAtMs === entry.updatedAtMs ? row : undefined;
  };

  const updateOrder = (): UpdatePosition[] => {
    if (byUpdate === undefined || outdated > byUpdate.length / 2) {
      byUpdate = rows.map(({ updatedAtMs, index }) => ({ updatedAtMs, index })).sort(compare);
      outdated = 0;
    }
    return byUpdate;
  };

  const place = (row: Row, before: Row | undefined): void => {
    if (byUpdate !== undefined && before?.updatedAtMs !== row.updatedAtMs) {
      outdated += before === undefined ? 0 : 1;
      const entry = { updatedAtMs: row.updatedAtMs, index: row.index };
      const position = positionAfter(byUpdate, entry);
      byUpdate.splice(position, 0, entry);
    }
  };

  /** The row at a position of the wanted order, if it belongs into the answer. */
  const rowAt = (query: Omit<ListQuery, 'limit'>, position: number): Row | undefined => {
    const entry = query.order === 'id' ? undefined : updateOrder()[position];
    const row = query.order === 'id' ? rows[position] : entry && rowOf(entry);
    const isShown = row?.state === 'live' || (row?.state === 'deleted' && query.includeDeleted);
    if (!isShown || !isCreatedWithin(query, row)) {
      return;
    }
    return query.matches === undefined || (row.state === 'live' && query.matches(row)) ? row : undefined;
  };

  const startOf = (query: Omit<ListQuery, 'limit'>): number => {
    if (query.order === 'id') {
      const first = query.createdFromMs === undefined ? 0 : firstCreatedAt(rows, sorted, query.createdFromMs);
      return query.after === undefined ? first : Math.max(first, query.after.index + 1);
    }
    const since = query.sinceMs === undefined ? undefined : { updatedAtMs: query.sinceMs, index: -1 };
    const after = query.after ?? since;
    return after === undefined ? 0 : positionAfter(updateOrder(), after);
  };

  const endOf = ({ order, createdToMs }: Omit<ListQuery, 'limit'>): number => {
    if (order === 'updatedAt') {
      return updateOrder().length;
    }
    const end = createdToMs === undefined ? sorted : firstCreatedAt(rows, sorted, createdToMs);
    return end < sorted ? end : rows.length;
  };

  const countRows = (query: Omit<ListQuery, 'limit'>): number => {
    let total = 0;
    for (let position = startOf(query); position < endOf(query); position += 1) {
      total += rowAt(query, position) === undefined ? 0 : 1;
    }
    return total;
  };

  return {
    get size() {
      return rows.length;
    },
    get: (index) => rows[index],
    put: (row) => {
      if (row.index > rows.length) {
        throw new RangeError(`row ${row.index} would leave a gap after row ${rows.length - 1}`);
      }
      const before = rows[row.index];
      rows[row.index] = row;
      place(row, before);
      stateCounts[row.state] += 1;
      if (before !== undefined) {
        stateCounts[before.state] -= 1;
      }
      if (before?.updatedAtMs !== row.updatedAtMs || before.state !== row.state) {
        counted.clear();
      }
    },
    list: (query) => {
      const found: Row[] = [];
      let toSkip = query.offset ?? 0;
      const end = endOf(query);
      for (let position = startOf(query); position < end; position += 1) {
        const row = rowAt(query, position);
        if (row === undefined) {
          continue;
        }
        if (toSkip > 0) {
          toSkip -= 1;
        } else if (found.length === query.limit) {
          return { rows: found, hasMore: true };
        } else {
          found.push(row);
        }
      }
      return { rows: found, hasMore: false };
    },
    count: (query) => {
      if (query.matches !== undefined) {
        return countRows(query);
      }
      const isLimited = query.createdFromMs !== undefined || query.createdToMs !== undefined;
      if (!isLimited && (query.order === 'id' || query.sinceMs === undefined)) {
        return stateCounts.live + (query.includeDeleted ? stateCounts.deleted : 0);
      }
      const { sinceMs, createdFromMs, createdToMs, includeDeleted } = query;
      const key = JSON.stringify([query.order, sinceMs, createdFromMs, createdToMs, includeDeleted]);
      let total = counted.get(key);
      if (total === undefined) {
        total = countRows(query);
        if (counted.size === mostCounted) {
          counted.clear();
        }
        counted.set(key, total);
      }
      return total;
    },
  };
};

const assertNoGaps = (rows: readonly Row[]): void => {
  const misplaced = rows.findIndex((row, index) => row.index !== index);
  if (misplaced !== -1) {
    throw new RangeError(`row ${misplaced} is missing or in the wrong place`);
  }
};

const isCreatedWithin = ({ createdFromMs, createdToMs }: Omit<ListQuery, 'limit'>, { createdAtMs }: Row): boolean =>
  (createdFromMs === undefined || createdAtMs >= createdFromMs) &&
  (createdToMs === undefined || createdAtMs < createdToMs);

/** How many rows from the first one on were created in their order. Those that come later were created later, in any order. */
const sortedLength = (rows: readonly Row[]): number => {
  const next = rows.findIndex((row, index) => row.createdAtMs < (rows[index - 1]?.createdAtMs ?? 0));
  return next === -1 ? rows.length : next;
};

/** The first of the sorted rows that was created at the time or later. */
const firstCreatedAt = (rows: readonly Row[], sorted: number, atMs: number): number => {
  let low = 0;
  let high = sorted;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.createdAtMs ?? 0) < atMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
};

const compare = (a: UpdatePosition, b: UpdatePosition): number => a.updatedAtMs - b.updatedAtMs || a.index - b.index;

/** The first position in the sorted list whose entry comes after the given one. */
const positionAfter = (sorted: readonly UpdatePosition[], entry: UpdatePosition): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = sorted[middle];
    if (candidate !== undefined && compare(candidate, entry) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
};
