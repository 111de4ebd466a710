import { describe, expect, test } from 'vitest';
import { CorruptDocument } from '../../../shared/core/app-error.ts';
import { sampleLink, sampleShard, sampleTenant } from '../../kit/sample-documents.ts';
import { type StoreHarness, scopeOf } from './port-harness.ts';

/** A stored document that does not parse is an alert and an error, never a default and never "not there". */
export function corruptionSuite(harness: () => StoreHarness): void {
  const broken = (tenantId: string) =>
    [
      ['a missing field', { ...sampleShard(tenantId), revision: undefined }],
      ['a wrong type', { ...sampleShard(tenantId), status: 3 }],
      ['an unknown field', { ...sampleShard(tenantId), surplus: true }],
      ['a newer schema version', { ...sampleShard(tenantId), schemaVersion: 2 }],
    ] as const;

  describe('corrupt documents', () => {
    test.each(broken('').map(([name], index) => [name, index] as const))('%s', async (_name, index) => {
      const { stores, plant, alerts } = harness();
      const scope = scopeOf(sampleTenant());
      const raw = broken(scope.tenantId)[index]?.[1];
      if (raw === undefined) throw new Error('Every case has a document');
      await plant('shards', raw);
      const before = alerts();
      await expect(stores.shards.get(scope, { id: raw.id })).rejects.toThrow(CorruptDocument);
      expect(alerts()).toBe(before + 1);
      await expect(stores.shards.getMany(scope, [{ id: raw.id }])).rejects.toThrow(CorruptDocument);
      await expect(stores.shards.list(scope, { filters: [], order: 'ascending', limit: 10 })).rejects.toThrow(
        CorruptDocument,
      );
    });

    test('the reason names the field and not its value', async () => {
      const { stores, plant } = harness();
      const scope = scopeOf(sampleTenant());
      const raw = { ...sampleLink(scope.tenantId), state: 'a-customers-value' };
      await plant('links', raw);
      const error = await stores.links.get(scope, { id: raw.id }).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(CorruptDocument);
      expect(String(error)).toMatch(/state/);
      expect(String(error)).not.toMatch(/a-customers-value/);
    });
  });
}
