import type { ExternalChange } from '../../../shared/core/adapter.ts';
import type { FoundRecord } from '../../../shared/core/adapter-writes.ts';
import { copyJson, type Json, type JsonObject } from '../../../shared/core/json.ts';
import type { SystemRecord } from './system-record.ts';
import type { Traits } from './system-traits.ts';

/** The record as it is now. */
export function showRecord(record: SystemRecord, { versioned, stamps = 'right' }: Traits): ExternalChange {
  const version = stamps === 'right' ? record.modifiedAtMs : record.revision;
  const wrongMs = stamps === 'wild' ? ((record.revision * 7 + record.id.length) % 13) * 3_600_000 - 6 * 3_600_000 : 0;
  const modifiedAt = new Date(record.modifiedAtMs + wrongMs).toISOString();
  const known = { version, revision: String(record.revision), ...(stamps === 'none' ? {} : { modifiedAt }) };
  // The shard type wants a list.
  const garbled = record.isGarbled === true ? { emails: 'no list' } : {};
  return {
    externalId: record.id,
    deleted: record.deleted,
    record: record.deleted ? {} : { ...copyJson(record.fields), ...garbled },
    ...(versioned ? known : {}),
  };
}

/** What a provider answers whose only look-up is by the address. */
export function findByAddress(records: readonly SystemRecord[], { email }: JsonObject, traits: Traits): FoundRecord {
  if (foldAddress(email) === undefined) return { kind: 'unclear', reason: 'It has no address to be found by.' };
  const [found, other] = records.filter(({ fields }) => foldAddress(fields['email']) === foldAddress(email));
  if (other !== undefined) return { kind: 'unclear', reason: 'Several records have the same address.' };
  return found === undefined ? { kind: 'none' } : { kind: 'change', change: showRecord(found, traits), alike: true };
}

/** Case and blanks are no difference; `undefined` where there is no address. */
export function foldAddress(address: Json | undefined): string | undefined {
  return typeof address === 'string' ? address.trim().toLowerCase() : undefined;
}
