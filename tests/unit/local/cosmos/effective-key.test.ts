import { describe, expect, it } from 'vitest';
import { effectiveKey, isInRange } from '../../../../local/cosmos/effective-key.ts';
import type { KeyComponent } from '../../../../local/cosmos/partition-key.ts';

describe('effective partition keys', () => {
  it.each<[KeyComponent, string]>([
    ['', '32E9366E637A71B4E710384B2F4970A0'],
    ['a', '3A5381E1114EB8D3FCC90795045B49B7'],
    ['tenant-ž-日本-0123456789', '2E5D3C674DFD2E30FB4464347BE3411A'],
    ['x'.repeat(33), '0D9DC1C961D856EA059C2FD0A1063BB7'],
    [0, '155B95BEDAC4B1E9EC1CDC9BB0DDDE58'],
    [-1.5, '151793206780805FF6E1DCAE6C787B6A'],
    [42, '08E6D561F6FD951DCC25E7E4EA2884B5'],
    [1e300, '1234CB21048B20039B22F11DBB13CD7B'],
    [true, '0E711127C5B5A8E4726AC6DD306A3E59'],
    [false, '2FE1BE91E90A3439635E0E9E37361EF2'],
    [null, '378867E4430E67857ACE5C908374FE16'],
    [{}, '11622DAA78F835834610ABE56EFF5CB5'],
  ])('of %j is what the SDK computes', (component, expected) => {
    expect(effectiveKey([component])).toBe(expected);
  });

  it('of a hierarchical key begins with that of its prefix', () => {
    const prefix = effectiveKey(['T']);
    expect(effectiveKey(['T', 'u'])).toBe(prefix + effectiveKey(['u']));
    expect(isInRange('["T","u"]', { min: prefix, max: `${prefix}FF` })).toBe(true);
    expect(isInRange('["S","u"]', { min: prefix, max: `${prefix}FF` })).toBe(false);
  });
});
