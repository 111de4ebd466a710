import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { BlobDeliveryBodies } from '../../../shared/azure/blob-delivery-bodies.ts';
import { openStorage } from '../../../shared/azure/storage.ts';
import type { DeliveryBodies } from '../../../shared/core/ports.ts';
import { Faults } from '../../kit/faults.ts';
import { MemoryDeliveryBodies } from '../../kit/memory-delivery-bodies.ts';
import { sampleTenant } from '../../kit/sample-documents.ts';
import { scopeOf } from './port-harness.ts';

let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

const implementations: Readonly<Record<string, () => DeliveryBodies>> = {
  memory: () => new MemoryDeliveryBodies(new Faults()),
  blobs: () => {
    const access = { kind: 'connection-string', connectionString: azurite.connectionString } as const;
    const storage = openStorage(access, async () => {
      throw new Error('A connection string is given: no identity is needed');
    });
    return new BlobDeliveryBodies(storage);
  },
};

test.each(Object.keys(implementations))('%s: bytes come back, by name, to their own tenant only', async (name) => {
  const bodies = implementations[name]?.();
  if (bodies === undefined) throw new Error('There is an implementation');
  const [scope, stranger] = [scopeOf(sampleTenant()), scopeOf(sampleTenant())];
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index & 0xff);
  const stored = await bodies.put(scope, bytes);
  expect(await bodies.put(scope, bytes)).toBe(stored);
  expect(Buffer.from(await bodies.get(scope, stored)).equals(bytes)).toBe(true);
  expect(await bodies.put(scope, bytes.subarray(1))).not.toBe(stored);
  expect([await bodies.has(scope, stored), await bodies.has(stranger, stored)]).toEqual([true, false]);
  await expect(bodies.get(stranger, stored)).rejects.toThrow();
  await expect(bodies.get(stranger, `../${scope.tenantId}/${stored}`)).rejects.toThrow();
});
