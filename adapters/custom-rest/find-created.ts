import { type AdapterCall, AdapterFailure } from '../../shared/core/adapter.ts';
import type { FindCreatedRequest, FoundRecord } from '../../shared/core/adapter-writes.ts';
import { readPath } from '../kit/read-path.ts';
import { doSideBySide } from '../kit/side-by-side.ts';
import { findItems } from './find-items.ts';
import { planPage } from './paging.ts';
import { readRecord } from './read-record.ts';
import type { CustomRestSettings, ObjectSettings } from './settings.ts';

/** More than one is too many already; a few more show whether the provider goes by the parameter at all. */
const mostLookedAt = 20;

/** Asks the object's list for the records that have the value by which each create is known. */
export async function findCreatedRecords(
  call: AdapterCall<CustomRestSettings>,
  object: ObjectSettings,
  { object: name, creates }: FindCreatedRequest,
): Promise<FoundRecord[]> {
  const lookup = object.writes?.lookup;
  if (lookup === undefined) {
    throw new AdapterFailure(
      'unexpected-response',
      `The integration's settings do not say how one of "${name}" is found.`,
    );
  }
  const page = planPage(object.paging, undefined, Math.min(mostLookedAt, object.maxPageSize));
  return await doSideBySide(creates, object.writes?.concurrency ?? 1, async (create) => {
    const value = lookup.value === 'field' ? readPath(create.record, lookup.field) : create.idempotencyKey;
    if (!isValue(value))
      return { kind: 'unclear', reason: `The record has nothing at "${lookup.field}" to be found by.` };
    const response = await call.http({
      url: object.path,
      query: { ...object.query, ...('query' in page ? page.query : {}), [lookup.param]: `${value}` },
      ...(call.settings.headers === undefined ? {} : { headers: call.settings.headers }),
    });
    return judge(findItems(response.json(), object.itemsPath), `${value}`, object, lookup);
  });
}

/**
 * A provider that does not know a parameter shows all its records: to be found, a record has to have the value, and to find none there must be
 * none. Case and blanks are no difference, since providers change both in what is written to them.
 */
function judge(
  items: readonly unknown[],
  wanted: string,
  object: ObjectSettings,
  lookup: { readonly field: string; readonly param: string; readonly value: 'field' | 'idempotency-key' },
): FoundRecord {
  const found = items.filter((item) => {
    const value = readPath(item, lookup.field);
    return isValue(value) && fold(`${value}`) === fold(wanted);
  });
  const [first] = found;
  if (first === undefined) {
    if (items.length === 0) return { kind: 'none' };
    const reason = `The provider shows other records for "${lookup.param}": does it know the parameter?`;
    return { kind: 'unclear', reason };
  }
  if (found.length > 1) return { kind: 'unclear', reason: `Several records have the same "${lookup.field}".` };
  const read = readRecord(first, 0, object);
  if (read.kind !== 'change') return { kind: 'unclear', reason: read.rejected.reason };
  return lookup.value === 'field' ? { ...read, alike: true } : read;
}

function isValue(value: unknown): value is string | number {
  return (typeof value === 'string' && value.trim() !== '') || typeof value === 'number';
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}
