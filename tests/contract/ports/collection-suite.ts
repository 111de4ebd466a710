import { beforeEach, describe, expect, test } from 'vitest';
import type { TenantDocument } from '../../../shared/azure/collections.ts';
import type { Collection, Stored, WriteResult } from '../../../shared/core/ports.ts';
import type { Scope } from '../../../shared/core/scope.ts';
import { sampleTenant } from '../../kit/sample-documents.ts';
import type { CollectionCase } from './collection-case.ts';
import { collectionCases } from './collection-cases.ts';
import { type StoreHarness, scopeOf } from './port-harness.ts';

/** What every collection of every implementation must do. `harness` is asked for in each test. */
export function collectionSuite(harness: () => StoreHarness): void {
  describe.each(collectionCases.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
    pointCases(harness, entry);
    isolationCases(harness, entry);
    bulkCases(harness, entry);
  });
}

interface Fixture {
  readonly collection: Collection<TenantDocument>;
  readonly scope: Scope;
  readonly sample: (like?: TenantDocument) => TenantDocument;
  readonly get: (document: TenantDocument, scope?: Scope) => Promise<Stored<TenantDocument> | undefined>;
}

function useFixture(harness: () => StoreHarness, entry: CollectionCase): () => Fixture {
  let fixture: Fixture | undefined;
  beforeEach(() => {
    const collection = entry.open(harness().stores);
    const scope = scopeOf(sampleTenant());
    fixture = {
      collection,
      scope,
      sample: (like) => entry.sample(scope.tenantId, like),
      get: (document, as = scope) => collection.get(as, entry.keyOf(document)),
    };
  });
  return () => {
    if (fixture === undefined) throw new Error('The fixture is made before each test');
    return fixture;
  };
}

/** The ETag of a write that must have worked. */
export function etagOf(result: WriteResult | undefined): string {
  expect(result).toMatchObject({ ok: true, etag: expect.stringMatching(/./) });
  return result?.ok === true ? result.etag : '';
}

function pointCases(harness: () => StoreHarness, entry: CollectionCase): void {
  const fixture = useFixture(harness, entry);

  test('a created document reads as it was written, with its ETag', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    expect(await get(document)).toBeUndefined();
    const etag = etagOf(await collection.write(scope, { kind: 'create', document }));
    expect(await get(document)).toStrictEqual({ document, etag });
  });

  test('a second create finds the first and changes nothing', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    const etag = etagOf(await collection.write(scope, { kind: 'create', document }));
    const again = await collection.write(scope, { kind: 'create', document: entry.change(document) });
    expect(again).toEqual({ ok: false, reason: 'exists' });
    expect(await get(document)).toEqual({ document, etag });
  });

  test('a replace needs the ETag that holds', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    const first = etagOf(await collection.write(scope, { kind: 'create', document }));
    const changed = entry.change(document);
    const second = etagOf(await collection.write(scope, { kind: 'replace', document: changed, etag: first }));
    expect(second).not.toBe(first);
    const late = await collection.write(scope, { kind: 'replace', document, etag: first });
    expect(late).toEqual({ ok: false, reason: 'stale' });
    expect(await get(document)).toEqual({ document: changed, etag: second });
  });

  test('a replace of nothing says so', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    const result = await collection.write(scope, { kind: 'replace', document, etag: '"1"' });
    expect(result).toEqual({ ok: false, reason: 'gone' });
    expect(await get(document)).toBeUndefined();
  });

  test('an upsert creates and overwrites', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    etagOf(await collection.write(scope, { kind: 'upsert', document }));
    const etag = etagOf(await collection.write(scope, { kind: 'upsert', document: entry.change(document) }));
    expect(await get(document)).toEqual({ document: entry.change(document), etag });
  });

  test('a remove says what it did', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    const key = entry.keyOf(document);
    expect(await collection.remove(scope, key)).toBe('gone');
    const old = etagOf(await collection.write(scope, { kind: 'create', document }));
    const etag = etagOf(await collection.write(scope, { kind: 'upsert', document: entry.change(document) }));
    expect(await collection.remove(scope, key, old)).toBe('stale');
    expect(await get(document)).toBeDefined();
    expect(await collection.remove(scope, key, etag)).toBe('removed');
    expect(await get(document)).toBeUndefined();
    etagOf(await collection.write(scope, { kind: 'create', document }));
    expect(await collection.remove(scope, key)).toBe('removed');
  });

  test('what a caller does to its objects does not reach the store, and the other way round', async () => {
    const { collection, scope, sample, get } = fixture();
    const document = sample();
    const written = structuredClone(document);
    await collection.write(scope, { kind: 'create', document: written });
    Object.assign(written, { schemaVersion: 7 });
    const read = await get(document);
    expect(read?.document).toEqual(document);
    Object.assign(read?.document ?? {}, { schemaVersion: 8 });
    expect((await get(document))?.document).toEqual(document);
  });

  test('ids that nothing can be stored under find nothing and are refused', async () => {
    const { collection, scope, sample } = fixture();
    const document = sample();
    for (const id of ['', '../x', 'a/b', 'a\\b', 'a?b', 'a#b', 'x'.repeat(256)]) {
      const key = { ...entry.keyOf(document), id };
      expect(await collection.get(scope, key)).toBeUndefined();
      expect(await collection.remove(scope, key)).toBe('gone');
      if (entry.keyOf(document).partition !== document.id) {
        await expect(collection.write(scope, { kind: 'create', document: { ...document, id } })).rejects.toThrow(
          /can't be the id of a document/,
        );
      }
    }
  });
}

function isolationCases(harness: () => StoreHarness, entry: CollectionCase): void {
  const fixture = useFixture(harness, entry);

  test('nothing of one tenant is seen, counted or changed from another', async () => {
    const { collection, scope, sample, get } = fixture();
    const stranger = scopeOf(sampleTenant());
    const document = sample();
    const key = entry.keyOf(document);
    const etag = etagOf(await collection.write(scope, { kind: 'create', document }));
    expect(await get(document, stranger)).toBeUndefined();
    expect(await collection.getMany(stranger, [key])).toEqual([undefined]);
    expect(await collection.remove(stranger, key)).toBe('gone');
    const theirs = entry.change({ ...document, tenantId: stranger.tenantId });
    expect(await collection.write(stranger, { kind: 'replace', document: theirs, etag })).toEqual({
      ok: false,
      reason: 'gone',
    });
    etagOf(await collection.write(stranger, { kind: 'create', document: theirs }));
    expect(await get(document)).toEqual({ document, etag });
    expect((await get(document, stranger))?.document).toEqual(theirs);
    if (entry.listable) {
      const listing = { filters: [], order: 'ascending', limit: 10 } as const;
      expect((await collection.list(scope, listing)).map((stored) => stored.document)).toEqual([document]);
    }
  });

  test("a document of another tenant can't be written", async () => {
    const { collection, scope, sample, get } = fixture();
    const stranger = scopeOf(sampleTenant());
    const document = sample();
    for (const kind of ['create', 'upsert'] as const) {
      await expect(collection.write(stranger, { kind, document })).rejects.toThrow(/can't be written in the scope/);
    }
    const mixed = [entry.sample(stranger.tenantId), document].map((one) => ({
      kind: 'create' as const,
      document: one,
    }));
    await expect(collection.writeMany(stranger, mixed)).rejects.toThrow(/can't be written in the scope/);
    expect(await get(document)).toBeUndefined();
    expect(await get(document, scopeOf(document.tenantId))).toBeUndefined();
    expect(scope.tenantId).toBe(document.tenantId);
  });
}

function bulkCases(harness: () => StoreHarness, entry: CollectionCase): void {
  const fixture = useFixture(harness, entry);

  test('many documents: each write for itself, in order', async () => {
    const { collection, scope, sample, get } = fixture();
    const present = Array.from({ length: 130 }, () => sample());
    const created = await collection.writeMany(
      scope,
      present.map((document) => ({ kind: 'create', document })),
    );
    const etags = created.map(etagOf);
    expect(new Set(etags).size).toBe(present.length);
    const absent = sample();
    const mixed = await collection.writeMany(scope, [
      ...present.slice(0, 120).map((document, index) => ({
        kind: 'replace' as const,
        document: entry.change(document),
        etag: index % 2 === 0 ? (etags[index] ?? '') : '"stale"',
      })),
      ...present.slice(120).map((document) => ({ kind: 'create' as const, document: entry.change(document) })),
      { kind: 'replace', document: absent, etag: '"1"' },
    ]);
    const reasons = mixed.map((result) => (result.ok ? 'ok' : result.reason));
    const alternating = Array.from({ length: 120 }, (_, index) => (index % 2 === 0 ? 'ok' : 'stale'));
    expect(reasons).toEqual([...alternating, ...Array.from({ length: 10 }, () => 'exists'), 'gone']);

    const keys = [...present.map(entry.keyOf), entry.keyOf(absent), entry.keyOf(present[0] ?? absent)];
    const read = await collection.getMany(scope, keys);
    const expected = present.map((document, index) =>
      index < 120 && index % 2 === 0 ? entry.change(document) : document,
    );
    expect(read.map((stored) => stored?.document)).toEqual([...expected, undefined, expected[0]]);
    expect(read[0]?.etag).toBe(mixed[0]?.ok === true ? mixed[0].etag : '');
    expect(await get(absent)).toBeUndefined();
  });

  test('nothing asked, nothing answered', async () => {
    const { collection, scope } = fixture();
    expect(await collection.getMany(scope, [])).toEqual([]);
    expect(await collection.writeMany(scope, [])).toEqual([]);
  });
}
