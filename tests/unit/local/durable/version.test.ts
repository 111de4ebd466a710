import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, findVersionMismatch } from '../../../../local/durable/engine/version.ts';

describe('versions', () => {
  test.each([
    [undefined, '', 0],
    [undefined, '0.1', -1],
    ['1.0', '1.0', 0],
    ['1.9', '1.10', -1],
    // System.Version: a part that is not there is older than 0.
    ['1.0', '1.0.0', -1],
    ['2.0', '10.0', -1],
    // No System.Version: text, in any case of letters.
    ['2', '10', 1],
    ['V1-beta', 'v1-BETA', 0],
    ['2025-01-01', '2025-02-01', -1],
    ['1.0.0.0.0', '1.0', 1],
  ])('%s against %s', (one, other, expected) => {
    expect(compareVersions(one, other)).toBe(expected);
    expect(compareVersions(other, one)).toBe(-expected + 0);
  });

  test('are in one order', () => {
    const part = fc.integer({ min: 0, max: 12 });
    const version = fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  const settings = (versionMatchStrategy: 'None' | 'Strict' | 'CurrentOrOlder', defaultVersion: string | undefined) =>
    ({ versionMatchStrategy, defaultVersion, versionFailureStrategy: 'Reject' }) as const;

  test('decide who may run what', () => {
    expect(findVersionMismatch('3.0', settings('None', '1.0'))).toBeUndefined();
    expect(findVersionMismatch('1.0', settings('Strict', '1.0'))).toBeUndefined();
    expect(findVersionMismatch(undefined, settings('Strict', '1.0'))).toContain('does not match');
    expect(findVersionMismatch('1.0', settings('CurrentOrOlder', '2.0'))).toBeUndefined();
    expect(findVersionMismatch(undefined, settings('CurrentOrOlder', '2.0'))).toBeUndefined();
    expect(findVersionMismatch('2.1', settings('CurrentOrOlder', '2.0'))).toContain('is greater than');
    expect(findVersionMismatch('2.1', settings('CurrentOrOlder', undefined))).toBeUndefined();
  });
});
