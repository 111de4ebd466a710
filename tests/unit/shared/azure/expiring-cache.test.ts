import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpiringCache } from '../../../../shared/azure/expiring-cache.ts';
import { vaultNameOf } from '../../../../shared/azure/key-vault-secrets.ts';

test('different tenants and names never share a name in the vault', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '2', ':', '-', 'ž'), maxLength: 6 });
  fc.assert(
    fc.property(text, text, text, text, (tenant, name, otherTenant, otherName) => {
      const isSame = tenant === otherTenant && name === otherName;
      expect(vaultNameOf(tenant, name) === vaultNameOf(otherTenant, otherName)).toBe(isSame);
      expect(vaultNameOf(tenant, name)).toMatch(/^[0-9a-zA-Z-]{1,127}$/);
    }),
  );
});

test('a value is remembered until its time', () => {
  let nowMs = 0;
  const cache = new ExpiringCache<string>(10, () => nowMs);
  cache.set('a', 'one', 100);
  expect(cache.get('a')).toBe('one');
  expect(cache.get('b')).toBeUndefined();
  nowMs = 100;
  expect(cache.get('a')).toBeUndefined();
});

test('the oldest makes room, and keys can be forgotten', () => {
  const cache = new ExpiringCache<number>(2, () => 0);
  cache.set('a/1', 1, 100);
  cache.set('b/1', 2, 100);
  cache.set('b/2', 3, 100);
  expect([cache.get('a/1'), cache.get('b/1'), cache.get('b/2')]).toEqual([undefined, 2, 3]);
  cache.forget((key) => key.startsWith('b/'));
  expect([cache.get('b/1'), cache.get('b/2')]).toEqual([undefined, undefined]);
});
