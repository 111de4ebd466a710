import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vaultNameOf } from '../../../../shared/azure/key-vault-secrets.ts';
import { SecretCache } from '../../../../shared/azure/secret-cache.ts';

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

test('a secret is remembered for its time, by version', () => {
  let nowMs = 0;
  const cache = new SecretCache(10, 100, () => nowMs);
  cache.set('n', 'v1', 'one');
  expect(cache.get('n', 'v1')).toBe('one');
  expect(cache.get('n', 'v2')).toBeUndefined();
  nowMs = 100;
  expect(cache.get('n', 'v1')).toBeUndefined();
});

test('the oldest makes room, and a name is forgotten whole', () => {
  const cache = new SecretCache(2, 100, () => 0);
  cache.set('a', 'v1', '1');
  cache.set('b', 'v1', '2');
  cache.set('b', 'v2', '3');
  expect([cache.get('a', 'v1'), cache.get('b', 'v1'), cache.get('b', 'v2')]).toEqual([undefined, '2', '3']);
  cache.forget('b');
  expect([cache.get('b', 'v1'), cache.get('b', 'v2')]).toEqual([undefined, undefined]);
});
