import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedRecordId } from '../../../../shared/contracts/execution-details.ts';
import type { ExternalChange } from '../../../../shared/core/adapter.ts';
import { failedRecordDocument } from '../../../../shared/core/documents/execution-details.ts';
import { changeOf, failedChange, rejectedRecord } from '../../../../shared/core/failed-record.ts';
import type { JsonObject } from '../../../../shared/core/json.ts';
import { sampleExecution } from '../../../kit/sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';
const run = sampleExecution('acme', { pages: 4, fence: 7 });
const place = { object: 'companies', shardTypeId: 'company' };
const change = (more: Partial<ExternalChange> = {}): ExternalChange => ({
  externalId: 'a',
  deleted: false,
  record: { city: 'Ptuj' },
  version: 5,
  modifiedAt: at,
  ...more,
});
const set = (more: Partial<ExternalChange> = {}, of = place) =>
  failedChange(run, of, { change: change(more), reason: 'No name.' }, at);

describe('a record that is set aside', () => {
  it('is tried again just as it came, and as early as it was seen', () => {
    expect(changeOf(set())).toEqual({ ...change(), seen: { fence: 7, page: 4 } });
    const { version: _version, modifiedAt: _modifiedAt, ...bare } = change();
    expect(changeOf(failedChange(run, place, { change: bare, reason: 'x' }, at))).toEqual({
      ...bare,
      seen: { fence: 7, page: 4 },
    });
  });

  it('keeps when it was first seen, however often it fails', () => {
    const again = changeOf(set());
    if (again === undefined) throw new Error('not kept');
    const later = failedChange({ ...run, pages: 9, fence: 99 }, place, { change: again, reason: 'Still.' }, at);
    expect(later).toMatchObject({ seen: { fence: 7, page: 4 }, page: 9, reason: 'Still.' });
  });

  it('has one id for what it is, whatever it holds, and another for anything else', () => {
    expect(set({ record: {}, version: 9 }).id).toBe(set().id);
    const ids = [
      set(),
      set({ externalId: 'b' }),
      set({}, { ...place, object: 'people' }),
      set({}, { ...place, shardTypeId: 'person' }),
      set({ externalId: 'y' }, { object: 'x', shardTypeId: 'company' }),
      rejectedRecord(run, place, { reason: 'x' }, 0, at),
      rejectedRecord(run, place, { reason: 'x' }, 1, at),
      rejectedRecord({ ...run, pages: 5 }, place, { reason: 'x' }, 0, at),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(failedRecordId.safeParse(id).success).toBe(true);
    expect(rejectedRecord(run, place, { externalId: 'a', reason: 'x' }, 3, at).id).toBe(set().id);
  });

  it.each<[string, ExternalChange]>([
    ['deleted', change({ deleted: true })],
    ['too large', change({ record: { text: 'x'.repeat(65_536) } })],
    ['too large in bytes', change({ record: { text: '語'.repeat(30_000) } })],
    ['known by an id that had to be cut', change({ externalId: 'x'.repeat(1025) })],
    ['known by an id that is no text', change({ externalId: 'a\ud83d' })],
  ])('is listed, but not tried again, when it is %s', (_name, each) => {
    const failed = failedChange(run, place, { change: each, reason: 'x' }, at);
    expect(failed.record).toBeUndefined();
    expect(changeOf(failed)).toBeUndefined();
  });

  it('is tried again under its own id or not at all', () => {
    const id = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1000, max: 1100 }).map((length) => `${'x'.repeat(length)}🙂`),
    );
    fc.assert(
      fc.property(id, (externalId) => {
        const again = changeOf(set({ externalId }));
        if (again !== undefined) expect(again.externalId).toBe(externalId);
        if (externalId.length <= 1024 && externalId.isWellFormed()) expect(again).toBeDefined();
      }),
    );
  });

  it('can be stored and read, whatever came', () => {
    const text = fc.string({ unit: 'binary', maxLength: 2000 });
    fc.assert(
      fc.property(text, fc.jsonValue({ maxDepth: 3 }), text, (externalId, value, reason) => {
        const record = { value } as JsonObject;
        const failed = failedChange(run, place, { change: change({ externalId, record }), reason }, at);
        expect(failedRecordDocument.parse(JSON.parse(JSON.stringify(failed)))).toEqual(
          JSON.parse(JSON.stringify(failed)),
        );
        expect(failed.reason.isWellFormed() && (failed.externalId ?? '').isWellFormed()).toBe(true);
      }),
    );
  });
});

it('a record that could not be identified is never tried again', () => {
  expect(changeOf(rejectedRecord(run, place, { reason: 'x' }, 0, at))).toBeUndefined();
  expect(changeOf(rejectedRecord(run, place, { externalId: 'a', reason: 'x' }, 0, at))).toBeUndefined();
});
