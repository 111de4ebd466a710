import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { conflict } from '../../shared/contracts/conflicts.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { task } from '../../shared/contracts/tasks.ts';
import { DurableInstances } from '../kit/durable-instances.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { type InStep, startInStep } from '../kit/two-crms.ts';

type Conflict = z.infer<typeof conflict>;

const manual = { conflicts: { policy: 'manual' as const } };

async function valuesOf({ exact, quirky, ids }: InStep, field: string): Promise<unknown[]> {
  const records = [await exact.read('contacts', ids.here), await quirky.read('contacts', ids.there)];
  return records.map((record) => record?.[field]);
}

async function writesOf({ exact, quirky }: InStep): Promise<number> {
  const totals = [(await exact.writes()).totals, (await quirky.writes()).totals];
  return totals.reduce(
    (sum, { created, updated, unchanged, deleted }) => sum + created + updated + unchanged + deleted,
    0,
  );
}

/** People edit the same contact in both CRMs, each of which is read then. */
async function editBoth({ exact, quirky, ids, first, second }: InStep, here: object, there: object): Promise<void> {
  await exact.edit({ kind: 'update', type: 'contacts', id: ids.here, patch: { ...here } });
  await quirky.edit({ kind: 'update', type: 'contacts', id: ids.there, patch: { ...there } });
  await first.pull();
  await second.pull();
}

/** The only conflict of a state, once it is noted. */
async function conflictOf({ two }: InStep, state: Conflict['state'] = 'open'): Promise<Conflict> {
  return pollUntil(`A conflict that is ${state}`, async () => {
    const { items } = await two.tenant.client.call('GET', `tenant/conflicts?state=${state}`, pageOf(conflict));
    return items[0];
  });
}

const decide = ({ two }: InStep, { id }: Conflict, body: object) =>
  two.tenant.client.call('POST', `tenant/conflicts/${id}/resolve`, conflict, body);

describe('people who decide between two CRMs', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  const inStep = async (test: (step: InStep) => Promise<void>): Promise<void> => {
    const step = await startInStep(room, manual);
    try {
      await test(step);
    } finally {
      await step.close();
    }
  };

  const expectQuiet = async (step: InStep): Promise<void> => {
    const before = await writesOf(step);
    for (const side of [step.first, step.second, step.first, step.second]) await side.pull();
    expect(await writesOf(step)).toBe(before);
  };

  it('have what they decided in both, by one write, and can take it back without any', () =>
    inStep(async (step) => {
      await editBoth(step, { jobTitle: 'Owner of the first' }, { jobTitle: 'Owner of the second' });
      const open = await conflictOf(step);
      expect(open).toMatchObject({
        kind: 'fields',
        integrationId: step.second.integrationId,
        fields: [
          {
            field: 'jobTitle',
            ours: { value: 'Owner of the first' },
            theirs: { value: 'Owner of the second' },
            provenance: { ours: { from: 'source', integrationId: step.first.integrationId } },
          },
        ],
      });
      const before = await writesOf(step);
      const fields = [{ field: 'jobTitle', take: 'theirs', version: open.fields[0]?.version }];
      expect((await decide(step, open, { fields })).state).toBe('resolved');
      await step.two.quiet();
      expect(await valuesOf(step, 'jobTitle')).toEqual(['Owner of the second', 'Owner of the second']);
      expect(await writesOf(step)).toBe(before + 1);
      await expectQuiet(step);

      await step.two.tenant.client.call('POST', `tenant/conflicts/${open.id}/undo`, conflict, undefined);
      await step.two.quiet();
      expect(await conflictOf(step)).toMatchObject({
        id: open.id,
        fields: [{ ours: { value: 'Owner of the first' } }],
      });
      const theirs = (await valuesOf(step, 'jobTitle'))[1];
      expect(theirs).toBe('Owner of the second');
      await decide(step, open, { fields: [{ field: 'jobTitle', take: 'value', value: 'Owner of both' }] });
      await step.two.quiet();
      expect(await valuesOf(step, 'jobTitle')).toEqual(['Owner of both', 'Owner of both']);
      await expectQuiet(step);
    }));

  it('make it a rule, and are not asked again', () =>
    inStep(async (step) => {
      await editBoth(step, { jobTitle: 'One' }, { jobTitle: 'Two' });
      const open = await conflictOf(step);
      await decide(step, open, { fields: [{ field: 'jobTitle', take: 'theirs' }], rule: true });
      const path = `tenant/integrations/${open.integrationId}/tasks/${open.taskId}`;
      const ruled = await step.two.tenant.client.call('GET', path, task);
      expect(ruled.conflicts.fields).toEqual({ jobTitle: 'external_wins' });
      await step.two.quiet();
      await editBoth(step, { jobTitle: 'Three' }, { jobTitle: 'Four' });
      expect(await valuesOf(step, 'jobTitle')).toEqual(['Four', 'Four']);
      const { items } = await step.two.tenant.client.call('GET', 'tenant/conflicts', pageOf(conflict));
      expect(items).toEqual([]);
    }));

  it('keep a record that one side deleted and the other edited, or let it go', () =>
    inStep(async (step) => {
      const { exact, quirky, ids } = step;
      const people = (await exact.list('contacts')).length;
      await exact.edit({ kind: 'update', type: 'contacts', id: ids.here, patch: { jobTitle: 'Edited' } });
      await quirky.edit({ kind: 'delete', type: 'contacts', id: ids.there });
      await step.first.pull();
      await step.second.pull();
      const kept = await conflictOf(step);
      expect(kept).toMatchObject({ kind: 'deletion', deletedWhere: 'there', integrationId: step.second.integrationId });
      expect((await quirky.list('contacts')).length).toBe(people - 1);
      await decide(step, kept, { deletion: 'keep' });
      await step.two.quiet();
      expect((await quirky.list('contacts')).length).toBe(people);
      await expectQuiet(step);

      const shards = await step.two.stored();
      const recordOf = (sources: (typeof shards)[number]['sources'], { integrationId }: InStep['first']) =>
        Object.values(sources).find((source) => source.integrationId === integrationId && !source.deleted)?.externalId;
      const shard = shards.find(({ sources }) => recordOf(sources, step.first) !== ids.here);
      const other = recordOf(shard?.sources ?? {}, step.first) ?? '';
      const there = recordOf(shard?.sources ?? {}, step.second) ?? '';
      await exact.edit({ kind: 'delete', type: 'contacts', id: other });
      await quirky.edit({ kind: 'update', type: 'contacts', id: there, patch: { jobTitle: 'Edited' } });
      await step.second.pull();
      await step.first.pull();
      await step.second.pull();
      const gone = await conflictOf(step);
      expect(gone).toMatchObject({ kind: 'deletion', shardId: shard?.id });
      await decide(step, gone, { deletion: 'delete' });
      await step.two.quiet();
      expect([await exact.read('contacts', other), await quirky.read('contacts', there)]).toEqual([
        undefined,
        undefined,
      ]);
      await expectQuiet(step);
    }));

  it('are waited for by an orchestration, which ends with their decision, and may be lost', () =>
    inStep(async (step) => {
      const instances = new DurableInstances(room);
      const running = (id: string, isWanted: boolean) =>
        pollUntil(`The orchestration ${id}`, async () => {
          return (await instances.running(id)).length > 0 === isWanted ? true : undefined;
        });
      await editBoth(step, { jobTitle: 'One' }, { jobTitle: 'Two' });
      const first = await conflictOf(step);
      await running(first.id, true);
      await decide(step, first, { fields: [{ field: 'jobTitle', take: 'ours' }] });
      await running(first.id, false);
      await step.two.quiet();
      expect(await valuesOf(step, 'jobTitle')).toEqual(['One', 'One']);

      await editBoth(step, { jobTitle: 'Three' }, { jobTitle: 'Four' });
      const second = await conflictOf(step);
      await running(second.id, true);
      await instances.terminate(second.id);
      await decide(step, second, { fields: [{ field: 'jobTitle', take: 'theirs' }] });
      await step.two.quiet();
      expect(await valuesOf(step, 'jobTitle')).toEqual(['Four', 'Four']);
    }));
});
