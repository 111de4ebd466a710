import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterFailure, type AdapterFailureKind } from '../../../../shared/core/adapter.ts';
import { defaultEngineSettings } from '../../../../shared/core/engine-settings.ts';
import { failureReactions, reactTo } from '../../../../shared/core/failure-reactions.ts';

/** Kind, what is done first, what when that is used up, and whether the connection is stopped. */
const table: readonly (readonly [
  AdapterFailureKind,
  'wait' | 'restart-object' | 'at once',
  'stop' | 'leave-object',
  boolean,
])[] = [
  ['rate-limited', 'wait', 'stop', false],
  ['unavailable', 'wait', 'stop', false],
  ['unexpected-response', 'wait', 'leave-object', false],
  ['cursor-expired', 'restart-object', 'leave-object', false],
  ['credentials-rejected', 'at once', 'stop', true],
  ['forbidden', 'at once', 'leave-object', false],
  ['record-rejected', 'at once', 'leave-object', false],
];

describe('the table of reactions', () => {
  it('has a row for every kind of failure', () => {
    expect(Object.keys(failureReactions).sort()).toEqual(table.map(([kind]) => kind).sort());
  });

  it.each(table)('%s: %s, then %s', (kind, first, last, pausesConnection) => {
    const react = (attempt: number, restarted: boolean) =>
      reactTo(new AdapterFailure(kind, 'x'), attempt, restarted, defaultEngineSettings, 0.5).kind;
    for (let attempt = 1; attempt <= defaultEngineSettings.attempts + 2; attempt += 1) {
      const isUsedUp = first === 'at once' || attempt >= defaultEngineSettings.attempts;
      if (first !== 'restart-object') expect(react(attempt, false)).toBe(isUsedUp ? last : first);
      expect(react(attempt, true)).toBe(isUsedUp || first === 'restart-object' ? last : first);
    }
    if (first === 'restart-object') expect(react(1, false)).toBe('restart-object');
    expect(failureReactions[kind].pausesConnection === true).toBe(pausesConnection);
  });

  it('comes to an end, whatever fails in whatever order, without a page in between', () => {
    const kinds = table.map(([kind]) => kind);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 10, maxLength: 20 }), (failures) => {
        let [attempt, restarted, tries] = [0, false, 0];
        for (const kind of failures) {
          tries += 1;
          const step = reactTo(new AdapterFailure(kind, 'x'), attempt + 1, restarted, defaultEngineSettings, 0);
          if (step.kind === 'wait') attempt += 1;
          else if (step.kind === 'restart-object') restarted = true;
          else break;
        }
        expect(tries).toBeLessThanOrEqual(defaultEngineSettings.attempts + 1);
      }),
    );
  });

  it('waits longer each time, within bounds, or just as long as the provider asks', () => {
    const settings = { ...defaultEngineSettings, attempts: 50 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 49 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const step = reactTo(new AdapterFailure('unavailable', 'x'), attempt, false, settings, random);
          if (step.kind !== 'wait') throw new Error(step.kind);
          const ceiling = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** (attempt - 1));
          expect(step.delayMs).toBeGreaterThanOrEqual(Math.floor(ceiling / 2));
          expect(step.delayMs).toBeLessThanOrEqual(ceiling);
          const asked = new AdapterFailure('unavailable', 'x', { retryAfterMs: 86_400_000 });
          expect(reactTo(asked, attempt, false, settings, random)).toEqual({ kind: 'wait', delayMs: 86_400_000 });
        },
      ),
    );
  });
});
