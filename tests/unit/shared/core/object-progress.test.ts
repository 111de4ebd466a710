import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noteObject, problemOfObjects, recordsLeft } from '../../../../shared/core/object-progress.ts';
import { sampleExecution } from '../../../kit/sample-documents.ts';

const mapping = { object: 'companies', shardTypeId: 'company', fields: [] };
const objects = [mapping, { ...mapping, object: 'contacts' }, { ...mapping, object: 'deals' }];
const { plan: onePlan } = sampleExecution('acme');
const plan = { ...onePlan, objects };
const at = (objectIndex: number) => ({ objectIndex, restarted: false });

describe('what is known of an object', () => {
  it('adds up what was received, and keeps the last that was expected and why it was left', () => {
    const first = noteObject({}, 1, { received: 3, expected: 10 });
    expect(first).toEqual({ 1: { received: 3, expected: 10 } });
    const left = noteObject(noteObject(first, 1, { received: 4 }), 1, { received: 0, problem: 'Not allowed.' });
    expect(left).toEqual({ 1: { received: 7, expected: 10, problem: 'Not allowed.' } });
    expect(noteObject(left, 1, { received: 1, expected: 8 })[1]).toMatchObject({ received: 8, expected: 8 });
    expect(noteObject(left, 0, { received: 2 })).toEqual({ ...left, 0: { received: 2 } });
  });

  it('takes only numbers of records for what a provider says it has', () => {
    for (const expected of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      expect(noteObject({ 0: { received: 1, expected: 5 } }, 0, { received: 0, expected })).toEqual({
        0: { received: 1, expected: 5 },
      });
    }
  });
});

describe('the problem of a run', () => {
  it('names the objects that were left, and says when it was all of them', () => {
    expect(problemOfObjects({ plan, progress: { 0: { received: 5 } } })).toBeUndefined();
    const one = { 1: { received: 0, problem: 'Not allowed.' } };
    expect(problemOfObjects({ plan, progress: one })).toEqual({ all: false, problem: 'contacts: Not allowed.' });
    const all = { ...one, 0: { received: 0, problem: 'Gone.' }, 2: { received: 1, problem: 'Broken.' } };
    expect(problemOfObjects({ plan, progress: all })).toEqual({
      all: true,
      problem: 'companies: Gone. contacts: Not allowed. deals: Broken.',
    });
    expect(problemOfObjects({ plan: onePlan, progress: { 0: { received: 0, problem: 'Gone.' } } })).toEqual({
      all: true,
      problem: 'Gone.',
    });
  });

  it('is of a length that can be shown, and is text, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1980, max: 2010 }), (length) => {
        const progress = { 0: { received: 0, problem: `${'x'.repeat(length)}🙂🙂` } };
        const { problem } = problemOfObjects({ plan: onePlan, progress }) ?? { problem: '' };
        expect(problem.length).toBeLessThanOrEqual(2000);
        expect(problem.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('the records that are left', () => {
  it('are those of the object being read and of the ones after it', () => {
    const progress = {
      0: { received: 90, expected: 100 },
      1: { received: 4, expected: 10 },
      2: { received: 0, expected: 7 },
    };
    expect(recordsLeft({ plan, progress, checkpoint: at(0) })).toBe(10 + 6 + 7);
    expect(recordsLeft({ plan, progress, checkpoint: at(1) })).toBe(6 + 7);
    expect(recordsLeft({ plan, progress, checkpoint: at(3) })).toBe(0);
  });

  it('are not known when nothing tells of one of these objects, and never less than none', () => {
    expect(recordsLeft({ plan, progress: { 1: { received: 0, expected: 5 } }, checkpoint: at(1) })).toBeUndefined();
    expect(recordsLeft({ plan: onePlan, progress: { 0: { received: 9, expected: 5 } }, checkpoint: at(0) })).toBe(0);
  });
});
