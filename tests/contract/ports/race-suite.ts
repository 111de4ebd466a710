import { describe, expect, test } from 'vitest';
import type { DueDocument } from '../../../shared/core/documents/due.ts';
import type { Stored } from '../../../shared/core/ports.ts';
import { pollUntil } from '../../kit/poll-until.ts';
import { sampleDue, sampleExecution, samplePage, sampleTenant } from '../../kit/sample-documents.ts';
import { collectionCases } from './collection-cases.ts';
import { etagOf } from './collection-suite.ts';
import { type StoreHarness, type Stores, scopeOf } from './port-harness.ts';

const rivalCount = 20;

/** Races between processes: they must have one winner whatever each of them sees of the others. */
export function raceSuite(harness: () => StoreHarness): void {
  const inTurn = (index: number): Stores => {
    const { rivals } = harness();
    const chosen = rivals[index % rivals.length];
    if (chosen === undefined) throw new Error('A race needs rivals');
    return chosen;
  };
  const race = <T>(attempt: (stores: Stores, rival: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: rivalCount }, (_, rival) => attempt(inTurn(rival), rival)));

  describe('races', () => {
    test.each(collectionCases.map((entry) => [entry.name, entry] as const))(
      'of many creates and of many replaces with one ETag, one wins: %s',
      async (_name, entry) => {
        const scope = scopeOf(sampleTenant());
        const document = entry.sample(scope.tenantId);
        const creates = await race((stores) => entry.open(stores).write(scope, { kind: 'create', document }));
        const winners = creates.filter((result) => result.ok);
        expect(winners).toHaveLength(1);
        const etag = etagOf(winners[0]);
        const replaces = await race((stores) =>
          entry.open(stores).write(scope, { kind: 'replace', document: entry.change(document), etag }),
        );
        expect(replaces.filter((result) => result.ok)).toHaveLength(1);
        expect(replaces.filter((result) => !result.ok && result.reason === 'stale')).toHaveLength(rivalCount - 1);
      },
    );

    test('of many removes of one version, one removes', async () => {
      const scope = scopeOf(sampleTenant());
      const [entry] = collectionCases;
      if (entry === undefined) throw new Error('There is a collection');
      const document = entry.sample(scope.tenantId);
      const etag = etagOf(await entry.open(inTurn(0)).write(scope, { kind: 'create', document }));
      const removes = await race((stores) => entry.open(stores).remove(scope, entry.keyOf(document), etag));
      expect(removes.toSorted()).toEqual([...Array<string>(rivalCount - 1).fill('gone'), 'removed']);
    });

    test('of many who commit a page on one version of a run, one does', async () => {
      const scope = scopeOf(sampleTenant());
      const execution = sampleExecution(scope.tenantId);
      const etag = etagOf(await inTurn(0).runs.executions.write(scope, { kind: 'create', document: execution }));
      const commits = await race((stores, rival) => {
        const page = samplePage(scope.tenantId, { executionId: execution.id, state: 'applied' });
        return stores.runs.commit(scope, { execution: { ...execution, pages: rival + 1 }, page }, etag);
      });
      expect(commits.filter((result) => result.ok)).toHaveLength(1);
      expect(commits.filter((result) => !result.ok && result.reason === 'stale')).toHaveLength(rivalCount - 1);
      const pages = commits.findIndex((result) => result.ok) + 1;
      const key = { id: execution.id, partition: execution.id };
      await pollUntil('The winner', async () => {
        const read = await inTurn(0).runs.executions.get(scope, key);
        return read?.document.pages === pages ? read : undefined;
      });
    });

    test('of many who move an entry of the clock, one does', async () => {
      const entry = sampleDue(sampleTenant());
      await inTurn(0).due.put(entry);
      const stored: Stored<DueDocument> = await pollUntil('The entry', () => inTurn(0).due.get(entry));
      const instants = Array.from(
        { length: rivalCount },
        (_, day) => `2030-02-${String(day + 1).padStart(2, '0')}T00:00:00.000Z`,
      );
      const moves = await race((stores, rival) => stores.due.reschedule(stored, instants[rival] ?? ''));
      expect(moves.toSorted()).toEqual(['moved', ...Array<string>(rivalCount - 1).fill('stale')]);
      const winner = instants[moves.indexOf('moved')];
      await pollUntil('The winner', async () => {
        const read = await inTurn(0).due.get(entry);
        return read?.document.dueAt === winner ? read : undefined;
      });
      await inTurn(0).due.remove(entry);
    });
  });
}
