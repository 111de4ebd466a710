import { describe, expect, test } from 'vitest';
import { readOutcome, type WriteAnswer } from '../../../../adapters/custom-rest/read-outcome.ts';
import { customRestSettings } from '../../../../adapters/custom-rest/settings.ts';
import type { PushOperation, PushOutcome } from '../../../../shared/core/adapter-writes.ts';

function outcomeOf(
  operation: PushOperation,
  answer: Partial<WriteAnswer>,
  change: Record<string, unknown> = {},
): PushOutcome | undefined {
  const items = { path: '/items', idField: 'id', paging: { kind: 'none' }, writes: change };
  const settings = { baseUrl: 'https://crm.example', auth: { kind: 'none' }, testPath: '/me', objects: { items } };
  const fields = customRestSettings.parse(settings).objects['items'];
  if (fields?.writes === undefined) throw new Error('the settings must write');
  const redact = (text: string) => text.replaceAll('s3cret', '[redacted]');
  const nothing = { error: undefined, record: undefined, id: undefined, etag: undefined, redact };
  return readOutcome(operation, { status: 200, ...nothing, ...answer }, { fields, writes: fields.writes });
}

const create: PushOperation = { kind: 'create', idempotencyKey: 'k', record: {} };
const update: PushOperation = { kind: 'update', externalId: '7', patch: {} };
const remove: PushOperation = { kind: 'delete', externalId: '7' };

describe('what is written', () => {
  test('shows the record as it is now, with its ETag', () => {
    const record = { id: 7, name: 'Ada' };
    expect(outcomeOf(update, { record, etag: 'W/"3"' })).toEqual({
      kind: 'written',
      externalId: '7',
      change: { externalId: '7', deleted: false, record, revision: 'W/"3"' },
    });
  });

  test('a create tells its id by the record, or by the id alone', () => {
    expect(outcomeOf(create, { status: 201, record: { id: 'a' } })).toMatchObject({ kind: 'written', externalId: 'a' });
    expect(outcomeOf(create, { status: 201, id: 12 })).toEqual({ kind: 'written', externalId: '12' });
    expect(outcomeOf(create, { status: 202 })?.kind).toBe('unknown');
  });

  test('an answer about another record, or about none, tells nothing of this one', () => {
    expect(outcomeOf(update, { record: { id: 8 } })).toEqual({ kind: 'written', externalId: '7' });
    expect(outcomeOf(update, { record: 'ok' })).toEqual({ kind: 'written', externalId: '7' });
    expect(outcomeOf(remove, { status: 204, record: { id: 7 } })).toEqual({ kind: 'written', externalId: '7' });
  });
});

describe('what is not', () => {
  test.each<[PushOperation, number, PushOutcome['kind'] | undefined]>([
    [create, 404, undefined],
    [create, 409, 'exists'],
    [create, 412, 'rejected'],
    [create, 422, 'rejected'],
    [create, 500, undefined],
    [create, Number.NaN, undefined],
    [update, 404, 'missing'],
    [update, 409, 'rejected'],
    [update, 410, 'missing'],
    [update, 412, 'conflict'],
    [update, 400, 'rejected'],
    [update, 429, undefined],
    [remove, 404, 'missing'],
    [remove, 412, 'conflict'],
    [remove, 405, undefined],
  ])('%o with %d', (operation, status, kind) => {
    expect(outcomeOf(operation, { status })?.kind).toBe(kind);
  });

  test('a status means what its code says, where the settings name one', () => {
    const change = { conflict: { status: 409, codePath: 'code', code: 'stale' } };
    expect(outcomeOf(update, { status: 409, error: { code: 'stale' } }, change)).toEqual({ kind: 'conflict' });
    expect(outcomeOf(update, { status: 409, error: { code: 'taken' } }, change)?.kind).toBe('rejected');
    expect(outcomeOf(update, { status: 412 }, change)?.kind).toBe('rejected');
  });

  test('a record that exists is named where the answer names it', () => {
    const change = { exists: { status: 400, codePath: 'code', code: 'TAKEN', idPath: 'existing.id' } };
    const error = { code: 'TAKEN', existing: { id: 12 } };
    expect(outcomeOf(create, { status: 400, error }, change)).toEqual({ kind: 'exists', externalId: '12' });
    expect(outcomeOf(create, { status: 400, error: { code: 'TAKEN' } }, change)).toEqual({ kind: 'exists' });
    expect(outcomeOf(create, { status: 400, error: {} }, change)?.kind).toBe('rejected');
  });
});

describe('a refusal', () => {
  test('says why, in the words of the provider, and of which fields', () => {
    const error = {
      detail: 'Not\na valid s3cret record',
      errors: [
        { field: ['address', 'city'], message: 'is unknown' },
        { field: 'name' },
        'oops',
        { message: 'of nothing' },
      ],
    };
    expect(outcomeOf(update, { status: 422, error })).toEqual({
      kind: 'rejected',
      reason: 'Not a valid [redacted] record',
      fields: [
        { field: 'address.city', message: 'is unknown' },
        { field: 'name', message: 'is refused' },
      ],
    });
  });

  test.each<[unknown, string]>([
    [{ message: 'by message' }, 'by message'],
    ['a text', 'a text'],
    [undefined, 'The provider refused the record (422).'],
    [{ detail: 7 }, 'The provider refused the record (422).'],
    [{ detail: 'x'.repeat(600) }, `${'x'.repeat(500)}…`],
  ])('%o reads as text', (error, reason) => {
    expect(outcomeOf(update, { status: 422, error })).toEqual({ kind: 'rejected', reason });
  });

  test('is read where the settings say', () => {
    const rejection = { reasonPath: 'error.text', itemsPath: 'error.fields', fieldPath: 'name', messagePath: 'text' };
    const error = { error: { text: 'no', fields: [{ name: 'a', text: 'b' }] } };
    expect(outcomeOf(update, { status: 400, error }, { rejection })).toEqual({
      kind: 'rejected',
      reason: 'no',
      fields: [{ field: 'a', message: 'b' }],
    });
  });
});
