import { describe, expect, test } from 'vitest';
import type { SecretStore } from '../../../shared/core/ports.ts';
import { sampleTenant } from '../../kit/sample-documents.ts';
import { scopeOf } from './port-harness.ts';

export function secretStoreSuite(secrets: () => SecretStore): void {
  describe('secrets', () => {
    test('every version is kept and read by its name', async () => {
      const scope = scopeOf(sampleTenant());
      const first = await secrets().put(scope, 'int_1', 'old value');
      const second = await secrets().put(scope, 'int_1', 'nova vrednost ž 😀');
      expect(first).not.toBe(second);
      expect(await secrets().get(scope, 'int_1', second)).toBe('nova vrednost ž 😀');
      expect(await secrets().get(scope, 'int_1', first)).toBe('old value');
    });

    test('tenants and names do not meet, however they are spelt', async () => {
      const pairs = [
        ['a', 'b-c'],
        ['a-b', 'c'],
        ['a', 'b_c'],
        ['a', 'B-C'],
        ['a', '1:b'],
        ['a1', ':b'],
        ['a', 'x'.repeat(300)],
        ['a', `${'x'.repeat(300)}y`],
        ['a', '../b?c#d'],
      ] as const;
      const suffix = sampleTenant();
      const versions: string[] = [];
      for (const [tenant, name] of pairs) {
        versions.push(await secrets().put(scopeOf(`${tenant}${suffix}`), name, `${tenant} ${name}`));
      }
      for (const [index, [tenant, name]] of pairs.entries()) {
        const value = await secrets().get(scopeOf(`${tenant}${suffix}`), name, versions[index] ?? '');
        expect(value).toBe(`${tenant} ${name}`);
      }
    });

    test("another tenant's secret is not there", async () => {
      const scope = scopeOf(sampleTenant());
      const version = await secrets().put(scope, 'int_1', 'mine');
      await expect(secrets().get(scopeOf(sampleTenant()), 'int_1', version)).rejects.toMatchObject({
        code: 'not-connected',
      });
    });

    test('erased means gone, at once and for every version; erasing nothing is fine', async () => {
      const scope = scopeOf(sampleTenant());
      await secrets().erase(scope, 'int_1');
      const versions = [await secrets().put(scope, 'int_1', 'one'), await secrets().put(scope, 'int_1', 'two')];
      expect(await secrets().get(scope, 'int_1', versions[0] ?? '')).toBe('one');
      await secrets().erase(scope, 'int_1');
      for (const version of versions) {
        await expect(secrets().get(scope, 'int_1', version)).rejects.toMatchObject({ code: 'not-connected' });
      }
      await secrets().erase(scope, 'int_1');
    });

    test('a new value after erasing works', async () => {
      const scope = scopeOf(sampleTenant());
      await secrets().put(scope, 'int_1', 'one');
      await secrets().erase(scope, 'int_1');
      const version = await secrets().put(scope, 'int_1', 'two');
      expect(await secrets().get(scope, 'int_1', version)).toBe('two');
    });

    test('there is no latest', async () => {
      const scope = scopeOf(sampleTenant());
      await secrets().put(scope, 'int_1', 'one');
      await expect(secrets().get(scope, 'int_1', '')).rejects.toThrow();
    });
  });
}
