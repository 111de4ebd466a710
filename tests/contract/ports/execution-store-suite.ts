import { describe, expect, test } from 'vitest';
import { sampleExecution, sampleLogEntry, samplePage, sampleTenant } from '../../kit/sample-documents.ts';
import { etagOf } from './collection-suite.ts';
import { type StoreHarness, scopeOf } from './port-harness.ts';

/** The one transaction: a run with its page and its log. */
export function executionStoreSuite(harness: () => StoreHarness): void {
  const start = async () => {
    const { runs } = harness().stores;
    const scope = scopeOf(sampleTenant());
    const execution = sampleExecution(scope.tenantId);
    const etag = etagOf(await runs.executions.write(scope, { kind: 'create', document: execution }));
    const page = samplePage(scope.tenantId, { executionId: execution.executionId });
    const applied = { ...page, state: 'applied' as const };
    const moved = { ...execution, pages: 1 };
    const read = async () => ({
      execution: (await runs.executions.get(scope, { id: execution.id, partition: execution.id }))?.document,
      page: (await runs.pages.get(scope, { id: page.id, partition: execution.id }))?.document,
    });
    return { runs, scope, execution, etag, page, applied, moved, read };
  };

  describe('create', () => {
    test('writes a new run with its log once', async () => {
      const { runs } = harness().stores;
      const scope = scopeOf(sampleTenant());
      const execution = sampleExecution(scope.tenantId);
      const entry = sampleLogEntry(scope.tenantId, { executionId: execution.id });
      etagOf(await runs.create(scope, { execution, log: [entry] }));
      const again = { execution: { ...execution, pages: 7 }, log: [] };
      expect(await runs.create(scope, again)).toEqual({ ok: false, reason: 'exists' });
      const key = { id: execution.id, partition: execution.id };
      expect((await runs.executions.get(scope, key))?.document).toEqual(execution);
      expect((await runs.logs.get(scope, { id: entry.id, partition: execution.id }))?.document).toEqual(entry);
    });
  });

  describe('commit', () => {
    test('writes page and run together', async () => {
      const { runs, scope, etag, page, applied, moved, read } = await start();
      etagOf(await runs.pages.write(scope, { kind: 'create', document: page }));
      const next = etagOf(await runs.commit(scope, { execution: moved, page: applied }, etag));
      expect(await read()).toEqual({ execution: moved, page: applied });
      const again = { ...moved, pages: 2 };
      etagOf(await runs.commit(scope, { execution: again, page: { ...applied, id: 'page-00000001', page: 1 } }, next));
      expect((await read()).execution).toEqual(again);
    });

    test('writes the log with the run, or not at all', async () => {
      const { runs, scope, execution, etag, moved } = await start();
      const entry = sampleLogEntry(scope.tenantId, { executionId: execution.id });
      const refused = sampleLogEntry(scope.tenantId, { executionId: execution.id });
      etagOf(await runs.commit(scope, { execution: moved, log: [entry] }, etag));
      expect((await runs.commit(scope, { execution: moved, log: [refused] }, etag)).ok).toBe(false);
      const listing = { partition: execution.id, filters: [], order: 'ascending', limit: 10 } as const;
      expect((await runs.logs.list(scope, listing)).map(({ document }) => document)).toEqual([entry]);
    });

    test('writes nothing when the run was moved by someone else', async () => {
      const { runs, scope, execution, etag, page, applied, moved, read } = await start();
      etagOf(await runs.pages.write(scope, { kind: 'create', document: page }));
      const theirs = { ...execution, attempt: 1 };
      etagOf(await runs.executions.write(scope, { kind: 'replace', document: theirs, etag }));
      expect(await runs.commit(scope, { execution: moved, page: applied }, etag)).toEqual({
        ok: false,
        reason: 'stale',
      });
      expect(await read()).toEqual({ execution: theirs, page });
    });

    test('writes nothing when there is no run', async () => {
      const { runs, scope, execution, etag, applied, moved, read } = await start();
      await runs.executions.remove(scope, { id: execution.id, partition: execution.id });
      expect(await runs.commit(scope, { execution: moved, page: applied }, etag)).toEqual({
        ok: false,
        reason: 'gone',
      });
      expect(await read()).toEqual({ execution: undefined, page: undefined });
    });

    test('refuses what belongs to another run or tenant', async () => {
      const { runs, scope, etag, applied, moved, read, execution } = await start();
      const foreign = { ...applied, executionId: sampleExecution(scope.tenantId).id };
      await expect(runs.commit(scope, { execution: moved, page: foreign }, etag)).rejects.toThrow(
        /its own page and log/,
      );
      await expect(runs.commit(scopeOf(sampleTenant()), { execution: moved, page: applied }, etag)).rejects.toThrow(
        /in the scope/,
      );
      expect(await read()).toEqual({ execution, page: undefined });
    });

    test('of many rivals one wins', async () => {
      const { runs, scope, etag, applied, moved } = await start();
      const rivals = Array.from({ length: 10 }, (_, attempt) => ({ ...moved, attempt }));
      const results = await Promise.all(
        rivals.map((rival) => runs.commit(scope, { execution: rival, page: applied }, etag)),
      );
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(results.filter((result) => !result.ok && result.reason === 'stale')).toHaveLength(9);
    });
  });
}
