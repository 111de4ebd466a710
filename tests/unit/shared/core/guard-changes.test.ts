import { expect, it } from 'vitest';
import { defaultHoldThresholds } from '../../../../shared/contracts/tasks.ts';
import { addToTally, emptyTally, excessesOf } from '../../../../shared/core/guard-changes.ts';

it('a field that many records lose is noticed page by page, after dozens of changes that were met once', () => {
  let tally = emptyTally;
  const page = (index: number, loses: boolean) => ({
    met: 1,
    deleted: 0,
    changes: [
      ...Array.from({ length: 6 }, (_, field) => ({ field: `field${field}`, to: `value ${index}` })),
      ...(loses ? [{ field: 'email' }] : []),
    ],
  });
  for (let index = 0; index < 20; index += 1) tally = addToTally(tally, page(index, false));
  expect(tally.changes).toHaveLength(64);
  for (let index = 20; index < 120; index += 1) tally = addToTally(tally, page(index, true));
  expect(excessesOf(tally, defaultHoldThresholds, {})).toMatchObject([
    { kind: 'overwrite-field', field: 'email', records: 100, of: 120 },
  ]);
});
