import { type AdapterCall, AdapterFailure } from '../../shared/core/adapter.ts';
import type { FetchedRecord, FetchRequest } from '../../shared/core/adapter-writes.ts';
import { readPath } from '../kit/read-path.ts';
import { doSideBySide } from '../kit/side-by-side.ts';
import { readRecord } from './read-record.ts';
import { recordUrl } from './record-url.ts';
import type { CustomRestSettings, ObjectSettings } from './settings.ts';

const mostAtOnce = 4;

/** Reads records one by one, a few at once. */
export async function fetchRecords(
  call: AdapterCall<CustomRestSettings>,
  object: ObjectSettings,
  { object: name, externalIds }: FetchRequest,
): Promise<FetchedRecord[]> {
  const { record } = object;
  if (record === undefined) {
    throw new AdapterFailure(
      'unexpected-response',
      `The integration's settings do not say how one of "${name}" is read.`,
    );
  }
  const headers = call.settings.headers === undefined ? {} : { headers: call.settings.headers };
  return await doSideBySide(externalIds, object.writes?.concurrency ?? mostAtOnce, async (externalId) => {
    const url = recordUrl(record.path, externalId);
    if (url === undefined) return { kind: 'rejected', reason: 'The id of the record cannot be part of a URL.' };
    const response = await call.http({ url, ...headers, expect: [404, 410] });
    if (response.status === 404 || response.status === 410) return { kind: 'missing' };
    const body = response.json();
    const item = record.answerPath === undefined ? body : readPath(body, record.answerPath);
    const read = readRecord(item, 0, object, response.header('etag'));
    if (read.kind === 'rejected') return { kind: 'rejected', reason: read.rejected.reason };
    if (read.change.externalId === externalId) return read;
    return { kind: 'rejected', reason: 'Asked for this record, the provider showed another.' };
  });
}
