import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedRecordId } from '../../../../shared/contracts/execution-details.ts';
import type { ExternalChange } from '../../../../shared/core/adapter.ts';
import type { PlannedObject } from '../../../../shared/core/documents/conversion.ts';
import {
  type FailedRecordDocument,
  failedRecordDocument,
} from '../../../../shared/core/documents/execution-details.ts';
import { changeOf, failedChange, findPlanned, rejectedRecord } from '../../../../shared/core/failed-record.ts';
import type { JsonObject } from '../../../../shared/core/json.ts';
import type { RecordFailure } from '../../../../shared/core/observation.ts';
import { sampleExecution } from '../../../kit/sample-documents.ts';

const at = '2030-01-01T00:00:00.000Z';
const run = sampleExecution('acme', { pages: 4, fence: 7 });
interface Place {
  readonly object: string;
  readonly shardTypeId: string;
  readonly target?: string;
  readonly schemaId?: string;
}
const place: Place = { object: 'companies', shardTypeId: 'company' };
const planned = ({ object, shardTypeId, schemaId }: Place): PlannedObject => ({
  object,
  mappingVersion: '1',
  shardTypes: { [shardTypeId]: 'content' },
  ...(schemaId === undefined
    ? {}
    : { conversionSchema: { id: schemaId, version: 1, contentId: 'content', publication: 1 } }),
});
const failureOf = (of: ExternalChange, { object, shardTypeId, target }: Place, more: Partial<RecordFailure> = {}) => ({
  change: of,
  feed: {
    ...(target === undefined ? { object } : { object: `${object}#${target}`, target }),
    shardTypeId,
    paths: [],
  },
  externalId: of.externalId,
  reason: 'No name.',
  ...more,
});
const change = (more: Partial<ExternalChange> = {}): ExternalChange => ({
  externalId: 'a',
  deleted: false,
  record: { city: 'Ptuj' },
  version: 5,
  modifiedAt: at,
  ...more,
});
const set = (more: Partial<ExternalChange> = {}, of = place, failure: Partial<RecordFailure> = {}) =>
  failedChange(run, planned(of), failureOf(change(more), of, failure), at);
const again = (of: FailedRecordDocument): ExternalChange => {
  const tried = changeOf(of);
  if (tried === undefined) throw new Error('not kept');
  return tried;
};

describe('a record that is set aside', () => {
  it('is tried again just as it came, and as early as it was seen', () => {
    const retried = { failedRecordId: set().id, shardTypeId: 'company', externalId: 'a' };
    expect(changeOf(set())).toEqual({ ...change(), seen: { fence: 7, page: 4 }, retried });
    const { version: _version, modifiedAt: _modifiedAt, ...bare } = change();
    expect(changeOf(failedChange(run, planned(place), failureOf(bare, place), at))).toEqual({
      ...bare,
      seen: { fence: 7, page: 4 },
      retried,
    });
  });

  it('keeps when it was first seen, however often it fails', () => {
    const failure = failureOf(again(set()), place, { reason: 'Still.' });
    const later = failedChange({ ...run, pages: 9, fence: 99 }, planned(place), failure, at);
    expect(later).toMatchObject({ seen: { fence: 7, page: 4 }, page: 9, reason: 'Still.' });
  });

  it('has one id for what it is, whatever it holds, and another for anything else', () => {
    expect(set({ record: {}, version: 9 }).id).toBe(set().id);
    const partition = { of: run.id, index: 0, objectIndex: 0 };
    const ids = [
      set(),
      set({ externalId: 'b' }),
      set({}, { ...place, object: 'people' }),
      set({}, { ...place, shardTypeId: 'person' }),
      set({ externalId: 'y' }, { object: 'x', shardTypeId: 'company' }),
      set({}, { ...place, target: 'employer' }),
      set({}, { ...place, schemaId: 'cvs_1' }),
      set({}, place, { externalId: 'c1' }),
      set({ externalId: 'b' }, place, { externalId: 'c1' }),
      rejectedRecord(run, planned(place), { reason: 'x' }, 0, at),
      rejectedRecord(run, planned(place), { reason: 'x' }, 1, at),
      rejectedRecord({ ...run, id: `${run.id}.p0000`, partition }, planned(place), { reason: 'x' }, 0, at),
      rejectedRecord({ ...run, pages: 5 }, planned(place), { reason: 'x' }, 0, at),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(failedRecordId.safeParse(id).success).toBe(true);
    expect(rejectedRecord(run, planned(place), { externalId: 'a', reason: 'x' }, 3, at).id).toBe(set().id);
  });

  it.each<[string, ExternalChange]>([
    ['deleted', change({ deleted: true })],
    ['too large', change({ record: { text: 'x'.repeat(65_536) } })],
    ['too large in bytes', change({ record: { text: '語'.repeat(30_000) } })],
    ['known by an id that had to be cut', change({ externalId: 'x'.repeat(1025) })],
    ['known by an id that is no text', change({ externalId: 'a\ud83d' })],
  ])('is listed, but not tried again, when it is %s', (_name, each) => {
    const failed = failedChange(run, planned(place), failureOf(each, place), at);
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
        const tried = changeOf(set({ externalId }));
        if (tried !== undefined) expect(tried.externalId).toBe(externalId);
        if (externalId.length <= 1024 && externalId.isWellFormed()) expect(tried).toBeDefined();
      }),
    );
  });

  it('keeps the errors of its fields', () => {
    const errors = [{ field: 'name', message: 'is missing' }];
    expect(set({}, place, { errors }).errors).toEqual(errors);
    expect(set()).not.toHaveProperty('errors');
  });

  it('names the shard that it could not feed, and is tried again as the record that came', () => {
    const failed = set({}, { ...place, target: 'employer' }, { externalId: 'c1' });
    expect(failed).toMatchObject({ object: 'companies', target: 'employer', externalId: 'c1', recordId: 'a' });
    expect(again(failed)).toMatchObject({
      externalId: 'a',
      retried: { failedRecordId: failed.id, target: 'employer', externalId: 'c1' },
    });
  });

  it('can be stored and read, whatever came', () => {
    const text = fc.string({ unit: 'binary', maxLength: 2000 });
    fc.assert(
      fc.property(text, fc.jsonValue({ maxDepth: 3 }), text, (externalId, value, reason) => {
        // Parsing leaves out members of this name, which no mapping may read either.
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const record = { value } as JsonObject;
        const errors = Array.from({ length: 200 }, () => ({ field: reason, message: externalId }));
        const failed = set({ externalId, record }, place, { reason, errors });
        expect(failedRecordDocument.parse(JSON.parse(JSON.stringify(failed)))).toEqual(
          JSON.parse(JSON.stringify(failed)),
        );
        expect(failed.reason.isWellFormed() && (failed.externalId ?? '').isWellFormed()).toBe(true);
        expect(failed.errors?.every(({ field, message }) => field.isWellFormed() && message.isWellFormed())).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(failed))).toBeLessThan(1_000_000);
      }),
    );
  });
});

it('a record that could not be identified is never tried again', () => {
  expect(changeOf(rejectedRecord(run, planned(place), { reason: 'x' }, 0, at))).toBeUndefined();
  expect(changeOf(rejectedRecord(run, planned(place), { externalId: 'a', reason: 'x' }, 0, at))).toBeUndefined();
});

describe('the object of a plan with which a failed record is tried again', () => {
  const own = planned({ ...place, schemaId: 'cvs_2' });
  const objects = [
    planned({ ...place, object: 'contacts' }),
    planned({ ...place, shardTypeId: 'person' }),
    planned({ ...place, schemaId: 'cvs_1' }),
    own,
  ];

  it('is that of its own conversion schema', () => {
    expect(findPlanned(objects, set({}, { ...place, schemaId: 'cvs_2' }))).toBe(own);
  });

  it('is another that feeds its shard type from its object, where its own is gone', () => {
    expect(findPlanned(objects, set())).toBe(objects[2]);
    expect(findPlanned(objects, set({}, { ...place, schemaId: 'cvs_9' }))).toBe(objects[2]);
    expect(findPlanned(objects, set({}, { ...place, shardTypeId: 'person' }))).toBe(objects[1]);
    expect(findPlanned(objects, set({}, { ...place, shardTypeId: 'constructor' }))).toBeUndefined();
  });

  it('is none for a record of which nobody knows what it was to feed', () => {
    const several = { ...planned(place), shardTypes: { company: 'content', person: 'content' } };
    const rejected = rejectedRecord(run, several, { externalId: 'a', reason: 'x' }, 0, at);
    expect(rejected.shardTypeId).toBeUndefined();
    expect(findPlanned([several], rejected)).toBeUndefined();
  });
});
