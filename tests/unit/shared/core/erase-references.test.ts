import { describe, expect, it } from 'vitest';
import { withoutReferences } from '../../../../shared/core/erase-references.ts';

describe('what is left of a shard that refers to somebody who is erased', () => {
  it('keeps lists within lists as they were, but for the references', () => {
    const shard = { data: { rows: [['a', 'b'], ['p1', 'c'], []], owner: 'p1' } };
    expect(withoutReferences(shard, ['p1'])).toEqual({ data: { rows: [['a', 'b'], ['c'], []] } });
  });
});
