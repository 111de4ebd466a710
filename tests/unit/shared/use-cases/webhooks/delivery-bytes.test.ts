import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemScope } from '../../../../../shared/core/scope.ts';
import { readDeliveryBody, storeDeliveryBody } from '../../../../../shared/use-cases/webhooks/delivery-bytes.ts';
import { createMemoryDeps } from '../../../../kit/memory-ports.ts';

const scope = systemScope('acme', 'test', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');

test('any body comes back byte for byte', async () => {
  const deps = createMemoryDeps();
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
    fc.constantFrom([0xef, 0xbb, 0xbf, 0x61], [0xff], [0], [0xc3], []).map((bytes) => Uint8Array.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      const body = await storeDeliveryBody(deps, scope, bytes);
      const stored = JSON.parse(JSON.stringify(body)) as typeof body;
      const read = await readDeliveryBody(deps, scope, { id: 'dlv', body: stored });
      expect(Buffer.from(read).equals(bytes)).toBe(true);
    }),
  );
});

test.each([
  [48 * 1024, 'inline'],
  [48 * 1024 + 1, 'blob'],
] as const)('a body of %d bytes is kept %s', async (length, kind) => {
  const deps = createMemoryDeps();
  const bytes = new Uint8Array(length).fill(0x61);
  const body = await storeDeliveryBody(deps, scope, bytes);
  expect(body).toMatchObject({ kind, bytes: length });
  expect(Buffer.from(await readDeliveryBody(deps, scope, { id: 'dlv', body })).equals(bytes)).toBe(true);
});

test("another tenant's body is not there", async () => {
  const deps = createMemoryDeps();
  const body = await storeDeliveryBody(deps, scope, new Uint8Array(100_000));
  const stranger = { ...scope, tenantId: 'other' };
  await expect(readDeliveryBody(deps, stranger, { id: 'dlv', body })).rejects.toThrow('no body');
});
