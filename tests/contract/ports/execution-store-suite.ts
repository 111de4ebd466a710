import { describe, expect, test } from 'vitest';
import { sampleExecution, samplePage, sampleTenant } from '../../kit/sample-documents.ts';
import { etagOf } from './collection-suite.ts';
import { type StoreHarness, scopeOf } from './port-harness.ts';

/** The one transaction: a page and its run's checkpoint. */
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

  describe('commitPage', () => {
    test('writes page and run together', async () => {
      const { runs, scope, etag, page, applied, moved, read } = await start();
      etagOf(await runs.pages.write(scope, { kind: 'create', document: page }));
      const next = etagOf(await runs.commitPage(scope, applied, moved, etag));
      expect(await read()).toEqual({ execution: moved, page: applied });
      const again = { ...moved, pages: 2 };
      etagOf(await runs.commitPage(scope, { ...applied, id: 'page-00000001', page: 1 }, again, next));
      expect((await read()).execution).toEqual(again);
    });

    test('writes nothing when the run was moved by someone else', async () => {
      const { runs, scope, execution, etag, page, applied, moved, read } = await start();
      etagOf(await runs.pages.write(scope, { kind: 'create', document: page }));
      const theirs = { ...execution, attempt: 1 };
      etagOf(await runs.executions.write(scope, { kind: 'replace', document: theirs, etag }));
      expect(await runs.commitPage(scope, applied, moved, etag)).toEqual({ ok: false, reason: 'stale' });
      expect(await read()).toEqual({ execution: theirs, page });
    });

    test('writes nothing when there is no run', async () => {
      const { runs, scope, execution, etag, applied, moved, read } = await start();
      await runs.executions.remove(scope, { id: execution.id, partition: execution.id });
      expect(await runs.commitPage(scope, applied, moved, etag)).toEqual({ ok: false, reason: 'gone' });
      expect(await read()).toEqual({ execution: undefined, page: undefined });
    });

    test('refuses what belongs to another run or tenant', async () => {
      const { runs, scope, etag, applied, moved, read, execution } = await start();
      const foreign = { ...applied, executionId: sampleExecution(scope.tenantId).id };
      await expect(runs.commitPage(scope, foreign, moved, etag)).rejects.toThrow(/its own execution/);
      await expect(runs.commitPage(scopeOf(sampleTenant()), applied, moved, etag)).rejects.toThrow(/in the scope/);
      expect(await read()).toEqual({ execution, page: undefined });
    });

    test('of many rivals one wins', async () => {
      const { runs, scope, etag, applied, moved } = await start();
      const rivals = Array.from({ length: 10 }, (_, attempt) => ({ ...moved, attempt }));
      const results = await Promise.all(rivals.map((rival) => runs.commitPage(scope, applied, rival, etag)));
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(results.filter((result) => !result.ok && result.reason === 'stale')).toHaveLength(9);
    });
  });
}
