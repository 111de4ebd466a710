import type { RecordType } from './record-types.ts';

/** `unchanged`: a write that was done, and left the record as it was. */
export type WriteEffect = 'created' | 'updated' | 'unchanged' | 'deleted';

export type EffectCounts = Readonly<Record<WriteEffect, number>>;

interface RecordWrites extends EffectCounts {
  readonly type: RecordType;
  readonly id: string;
}

/** What clients of the API have written since the start or the last reset, record by record. What people do here (`/admin`) does not count. */
export interface WriteCounts {
  count(type: RecordType, id: string, effect: WriteEffect): void;
  totals(): EffectCounts;
  records(): readonly RecordWrites[];
  clear(): void;
}

const NOTHING: EffectCounts = { created: 0, updated: 0, unchanged: 0, deleted: 0 };

export const createWriteCounts = (): WriteCounts => {
  const records = new Map<string, RecordWrites>();
  return {
    count: (type, id, effect) => {
      const key = `${type} ${id}`;
      const before = records.get(key) ?? { type, id, ...NOTHING };
      records.set(key, { ...before, [effect]: before[effect] + 1 });
    },
    totals: () => {
      const totals = { ...NOTHING };
      for (const record of records.values()) {
        for (const effect of ['created', 'updated', 'unchanged', 'deleted'] as const) {
          totals[effect] += record[effect];
        }
      }
      return totals;
    },
    records: () => [...records.values()],
    clear: () => records.clear(),
  };
};
