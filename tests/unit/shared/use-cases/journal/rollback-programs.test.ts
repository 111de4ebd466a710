import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeShard } from '../../../../../shared/core/change-shard.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { putShard } from '../../../../../shared/use-cases/put-shards.ts';
import { contentOf, rollBack } from '../../../../kit/roll-back.ts';
import { createSyncHarness, type SyncHarness } from '../../../../kit/sync-harness.ts';

const ids = ['p1', 'p2', 'p3', 'p4'] as const;
const names = ['Ana', 'Bor', 'Cene'] as const;

const showing = fc.record({ id: fc.constantFrom(...ids), name: fc.constantFrom(...names, undefined) });

/** `run`: the provider shows these, without a name as deleted, and a run reads them. `edit`: a person gives a shard another name. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('run' as const), shows: fc.array(showing, { maxLength: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      id: fc.constantFrom(...ids),
      name: fc.constantFrom('Edited', 'Other'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Content = Awaited<ReturnType<typeof contentOf>>;

/** What each step of a program left, and which run it was. */
interface Trace {
  readonly harness: SyncHarness;
  /** Content after so many steps. */
  readonly after: readonly Content[];
  readonly runs: readonly { readonly step: number; readonly id: string }[];
}

async function carryOut(program: readonly Step[]): Promise<Trace> {
  const harness = await createSyncHarness({ pageSize: 2 });
  const after: Content[] = [await contentOf(harness)];
  const runs: { step: number; id: string }[] = [];
  for (const [index, each] of program.entries()) {
    harness.deps.clock.advance(1000);
    if (each.kind === 'run') {
      for (const { id, name } of each.shows) {
        if (name === undefined) harness.provider.delete(id);
        else harness.provider.put(id, { name, city: 'Maribor' });
      }
      runs.push({ step: index + 1, id: (await harness.run()).id });
    } else {
      await edit(harness, each.id, each.name);
    }
    after.push(await contentOf(harness));
  }
  return { harness, after, runs };
}

async function edit({ deps, scope, shards }: SyncHarness, externalId: string, name: string): Promise<void> {
  const shard = (await shards()).get(externalId);
  const before = shard === undefined ? undefined : await deps.shards.get(scope, { id: shard.id });
  if (before === undefined) return;
  const at = deps.now().toISOString();
  const cause = { kind: 'person' as const, id: deps.newId('request'), actorId: 'ada', at };
  const data = { ...before.document.data, name } as JsonObject;
  await putShard(deps, scope, { before, document: changeShard(before.document, { data }, cause, []) });
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** Whether any of these steps changed the record. */
function isChanged({ after }: Trace, id: string, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) if (!same(after[index]?.[id], after[index + 1]?.[id])) return true;
  return false;
}

/** What taking back the run of a step has to come to. */
function expectationOf(trace: Trace, undone: number): { content: Content; left: number } {
  const { after } = trace;
  const last = after.at(-1) ?? {};
  let left = 0;
  const content = Object.entries(last).map(([id, now]): [string, Content[string]] => {
    if (!isChanged(trace, id, undone - 1, undone)) return [id, now];
    if (isChanged(trace, id, undone, after.length - 1)) {
      left += 1;
      return [id, now];
    }
    // What was not there before is deleted.
    return [id, after[undone - 1]?.[id] ?? { ...now, status: 'deleted' }];
  });
  return { content: Object.fromEntries(content), left };
}

const program = fc.array(step, { minLength: 2, maxLength: 6 });

describe('any program of runs and edits', () => {
  it('has a run taken back exactly where nothing has changed since; taking that back is as if nothing had been', async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), async (steps, pick) => {
        const trace = await carryOut(steps);
        const { harness, after, runs } = trace;
        const undone = runs[pick % Math.max(1, runs.length)];
        if (undone === undefined) return;
        const last = after.at(-1) ?? {};
        const rollback = await rollBack(harness, undone.id);
        const restored = await contentOf(harness);
        const expected = expectationOf(trace, undone.step);
        expect(restored).toEqual(expected.content);
        expect(rollback.counts.skipped).toBe(expected.left);
        expect(harness.deps.runs.leftRecords.all()).toHaveLength(expected.left);
        harness.deps.clock.advance(1000);
        await harness.run('full');
        expect(await contentOf(harness), 'the next pull').toEqual(restored);
        expect((await rollBack(harness, rollback.id)).counts.skipped).toBe(0);
        expect(await contentOf(harness), 'taken back').toEqual(last);
        harness.deps.clock.advance(1000);
        await harness.run('full');
        expect(await contentOf(harness), 'the pull after that').toEqual(last);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('is taken back run by run, the last one first, to where it began', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const { harness, after, runs } = await carryOut(steps.filter(({ kind }) => kind === 'run'));
        for (const { step: index, id } of [...runs].reverse()) {
          expect((await rollBack(harness, id)).counts.skipped).toBe(0);
          const now = await contentOf(harness);
          const wanted = after[index - 1] ?? {};
          for (const [record, content] of Object.entries(now)) {
            if (wanted[record] === undefined) expect(content.status, record).toBe('deleted');
            else expect(content, record).toEqual(wanted[record]);
          }
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
