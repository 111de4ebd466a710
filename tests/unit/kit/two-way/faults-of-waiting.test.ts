import { describe, expect, it } from 'vitest';
import type { ShardDocument, ShardSource } from '../../../../shared/core/documents/shard.ts';
import { sampleShard } from '../../../kit/sample-documents.ts';
import { Deeds } from '../../../kit/two-way/deeds.ts';
import { findFaultsOfAgreements, findFaultsOfHolds, Refusals } from '../../../kit/two-way/faults-of-waiting.ts';

const source: ShardSource = {
  integrationId: 'int_a',
  object: 'people',
  externalId: 'a001',
  externalBase: { name: 'Bob' },
  observed: { fence: 1, page: 0 },
  deleted: false,
  last: { executionId: 'exe_1', page: 0, outcome: 'updated' },
};
const held = { conflictId: 'conflict_1', since: '2030-01-01T00:00:00.000Z', fields: { name: { externalBase: 'Ann' } } };

const shardWith = (change: Partial<ShardSource>, more: Partial<ShardDocument> = {}) =>
  sampleShard('acme', { id: 'shd_1', data: { name: 'Ada' }, sources: { l: { ...source, ...change } }, ...more });

describe('what waits for people', () => {
  it('is a difference', () => {
    expect(findFaultsOfHolds(undefined, shardWith({ held }))).toEqual([]);
    expect(findFaultsOfHolds(undefined, shardWith({ held, externalBase: { name: 'Ada ' } }))).toHaveLength(1);
  });

  it('is what their people wrote, though a decision that was taken back wrote over it', () => {
    const theirs = { ...held, fields: { name: { externalBase: 'Ann', theirs: { value: 'Eve' } } } };
    expect(findFaultsOfHolds(shardWith({ held: theirs }), shardWith({ held: theirs }))).toEqual([]);
    expect(findFaultsOfHolds(shardWith({ held: theirs }), shardWith({ held }))).toHaveLength(1);
  });

  it('is a record that is gone on one side alone', () => {
    const gone = { deleted: true, held: { ...held, fields: {}, deletion: 'there' as const } };
    expect(findFaultsOfHolds(undefined, shardWith(gone))).toEqual([]);
    expect(findFaultsOfHolds(undefined, shardWith(gone, { status: 'deleted' }))).toHaveLength(1);
    expect(findFaultsOfHolds(undefined, shardWith({ deleted: true, held }))).toHaveLength(1);
  });

  it('is agreed on once both sides say the same', () => {
    const same = { externalBase: { name: ' Ada' } };
    const agreed = { ...same, internalBase: { name: { value: 'Ada' } } };
    expect(findFaultsOfHolds(shardWith({ ...same, held }), shardWith(agreed))).toEqual([]);
    expect(findFaultsOfHolds(shardWith({ ...same, held }), shardWith(same))).toHaveLength(1);
  });
});

describe('what is agreed on', () => {
  it('says what the record shows', () => {
    expect(findFaultsOfAgreements(shardWith({ internalBase: { name: { value: 'Bob ' } } }))).toEqual([]);
    expect(findFaultsOfAgreements(shardWith({ internalBase: { name: { value: 'Ann' } } }))).toHaveLength(1);
  });
});

describe('what could not be written', () => {
  const problem = { print: 'p', reason: 'No.', at: '2030-01-01T00:00:00.000Z' };
  const failed = (data: ShardDocument['data']) =>
    shardWith(
      {},
      { data, pushProblems: { 'int_a:people': { state: 'failed', ...problem } }, push: { int_a: 'failed' } },
    );

  it('stands as refused for what was refused alone', () => {
    const refusals = new Refusals(new Deeds(() => 0));
    expect(refusals.note(undefined, failed({ name: 'Ada' }))).toEqual([]);
    expect(refusals.note(failed({ name: 'Ada' }), failed({ name: 'Ada' }))).toEqual([]);
    expect(refusals.note(failed({ name: 'Ada' }), failed({ name: 'Eve' }))).toHaveLength(1);
  });

  it('is not forgotten as long as the same is to be written', () => {
    const pending = (name: string) => shardWith({}, { data: { name }, push: { int_a: 'pending' } });
    const note = (name: string) => new Refusals(new Deeds(() => 0)).note(failed({ name: 'Ada' }), pending(name));
    expect(note('Eve')).toEqual([]);
    expect(note('Ada')).toHaveLength(1);
  });

  it('is in doubt until there is a record, or somebody says that there is none', () => {
    const deeds = new Deeds(() => 0);
    const none = { sources: {} };
    const doubtful = shardWith({}, { ...none, pushProblems: { 'int_a:people': { state: 'held', ...problem } } });
    expect(new Refusals(deeds).note(doubtful, shardWith({}))).toEqual([]);
    expect(new Refusals(deeds).note(doubtful, shardWith({}, none))).toHaveLength(1);
    deeds.settled.add('shd_1');
    expect(new Refusals(deeds).note(doubtful, shardWith({}, none))).toEqual([]);
  });
});
