import { expect, test } from 'vitest';
import { containers } from '../../../../shared/azure/containers.ts';
import { erasureRules } from '../../../../shared/core/erasure-rules.ts';

test('every container says what is erased of a person and of a tenant', () => {
  const names = Object.values(containers).map(({ name }) => name);
  expect(Object.keys(erasureRules).sort()).toEqual([...names].sort());
});

test('whatever a tenant has goes with the tenant', () => {
  const kept = Object.entries(erasureRules).flatMap(([name, { tenant }]) => (tenant ? [] : [name]));
  expect(kept).toEqual(['feed-leases']);
});
