export const RECORD_TYPES = ['companies', 'contacts', 'deals'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export const isRecordType = (value: string): value is RecordType => RECORD_TYPES.some((type) => type === value);

/** A record without what the store stamps on it (id, createdAt, updatedAt, version). */
export type Fields = Record<string, unknown>;

/** What the store stamps on a record; a client may not write these. */
export const STAMPED_FIELDS = ['id', 'createdAt', 'updatedAt', 'version', 'deleted'] as const;

const ID_PREFIXES: Record<RecordType, string> = { companies: 'cmp_', contacts: 'con_', deals: 'deal_' };
const ID_DIGITS = 8;

/** Ids are padded to one length, so that their text order is the order of creation. */
export const idOf = (type: RecordType, index: number): string =>
  ID_PREFIXES[type] + String(index + 1).padStart(ID_DIGITS, '0');

/** The index behind an id, or undefined if no id of this type looks like that. */
export const indexOfId = (type: RecordType, id: string): number | undefined => {
  const prefix = ID_PREFIXES[type];
  const digits = id.slice(prefix.length);
  return id.startsWith(prefix) && digits.length === ID_DIGITS && /^\d+$/.test(digits) && Number(digits) > 0
    ? Number(digits) - 1
    : undefined;
};
