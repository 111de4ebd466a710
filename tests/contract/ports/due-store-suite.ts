import { describe, expect, test } from 'vitest';
import type { DueDocument } from '../../../shared/core/documents/due.ts';
import { dueKey } from '../../../shared/core/due.ts';
import { sampleDue, sampleHealthDue, sampleId, sampleTenant } from '../../kit/sample-documents.ts';
import type { StoreHarness } from './port-harness.ts';

/** The clock's index, which alone looks across tenants. */
export function dueStoreSuite(harness: () => StoreHarness): void {
  describe('due', () => {
    test('lists what is due, oldest first, over all buckets and tenants', async () => {
      const { due } = harness().stores;
      const entries = Array.from({ length: 20 }, (_, minute) =>
        sampleDue(sampleTenant(), { dueAt: `2001-01-01T00:${String(minute).padStart(2, '0')}:00.000Z` }),
      );
      await Promise.all(entries.toReversed().map((entry) => due.put(entry)));
      expect(new Set(entries.map((entry) => entry.bucket)).size).toBeGreaterThan(1);
      const found = await due.listDue('2001-01-01T00:09:00.000Z', 100);
      expect(found.map((stored) => stored.document)).toEqual(entries.slice(0, 10));
      const oldest = await due.listDue('2001-01-01T00:09:00.000Z', 3);
      expect(oldest.map((stored) => stored.document)).toEqual(entries.slice(0, 3));
      await Promise.all(entries.map((entry) => due.remove(entry)));
      expect(await due.listDue('2001-01-01T01:00:00.000Z', 100)).toEqual([]);
    });

    test('an entry is put, read, overwritten and removed', async () => {
      const { due } = harness().stores;
      const entry = sampleDue(sampleTenant());
      expect(await due.get(entry)).toBeUndefined();
      await due.put(entry);
      expect((await due.get(entry))?.document).toEqual(entry);
      const later: DueDocument = { ...entry, dueAt: '2031-01-01T00:00:00.000Z', executionId: 'exe_1' };
      await due.put(later);
      expect((await due.get(entry))?.document).toEqual(later);
      await due.remove(entry);
      await due.remove(entry);
      expect(await due.get(entry)).toBeUndefined();
    });

    test('an entry of a merge is read as it was put', async () => {
      const { due } = harness().stores;
      const tenantId = sampleTenant();
      const mergeId = sampleId('merge');
      const key = dueKey('merge', tenantId, mergeId);
      const dueAt = '2000-06-01T00:00:00.000Z';
      await due.put({ ...key, schemaVersion: 1, kind: 'merge', tenantId, mergeId, dueAt });
      expect((await due.get(key))?.document).toMatchObject({ kind: 'merge', tenantId, mergeId, dueAt });
      await due.remove(key);
    });

    test('an entry that was put anew is not removed by who read it before', async () => {
      const { due } = harness().stores;
      const entry = sampleDue(sampleTenant());
      await due.put(entry);
      const read = await due.get(entry);
      if (read === undefined) throw new Error('It was put');
      const anew: DueDocument = { ...entry, executionId: 'exe_2' };
      await due.put(anew);
      await due.remove(read.document, read.etag);
      const present = await due.get(entry);
      expect(present?.document).toEqual(anew);
      if (present === undefined) throw new Error('It was put anew');
      await due.remove(present.document, present.etag);
      await due.remove(present.document, present.etag);
      expect(await due.get(entry)).toBeUndefined();
    });

    test('the lanes of the clock and of the health monitor do not see each other', async () => {
      const { due, healthDue } = harness().stores;
      const entry = sampleDue(sampleTenant(), { dueAt: '2001-02-01T00:00:00.000Z' });
      const health = sampleHealthDue(sampleTenant(), { dueAt: '2001-02-01T00:00:00.000Z' });
      await Promise.all([due.put(entry), healthDue.put(health)]);
      const now = '2001-02-02T00:00:00.000Z';
      expect((await due.listDue(now, 100)).map((stored) => stored.document)).toEqual([entry]);
      const [found] = await healthDue.listDue(now, 100);
      expect(found?.document).toEqual(health);
      if (found === undefined) throw new Error('It was put');
      expect(await healthDue.reschedule(found, '2031-01-01T00:00:00.000Z')).toBe('moved');
      expect(await healthDue.listDue(now, 100)).toEqual([]);
      await Promise.all([due.remove(entry), healthDue.remove(health)]);
      expect(await healthDue.get(health)).toBeUndefined();
    });

    test('an entry that is gone is not moved', async () => {
      const { due } = harness().stores;
      const entry = sampleDue(sampleTenant());
      await due.put(entry);
      const stored = await due.get(entry);
      if (stored === undefined) throw new Error('It was put');
      await due.remove(entry);
      expect(await due.reschedule(stored, '2030-03-01T00:00:00.000Z')).toBe('gone');
    });
  });
}
