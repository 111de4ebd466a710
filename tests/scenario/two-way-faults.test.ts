import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pageOf } from '../../shared/contracts/page.ts';
import { pushProblem, pushState } from '../../shared/contracts/pushes.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { connectTwoCrms, startInStep } from '../kit/two-crms.ts';

const people = 12;

describe('a provider that fails while it is written to', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  /** Everybody is created in the second CRM, whose writes go wrong. */
  const createAll = async (fault: object, behaviour: Parameters<typeof openOwnCrm>[1] = {}) => {
    const full = await openOwnCrm({ contacts: people });
    const empty = await openOwnCrm({}, behaviour);
    const two = await connectTwoCrms(room, [full, empty]);
    await two.sides[0].pull();
    await empty.setFaults(fault);
    await two.sides[1].pull();
    return { full, empty, two, close: async () => void (await Promise.all([full.close(), empty.close()])) };
  };

  const faults = {
    'after some of a batch': { kind: 'partial-batch', applied: 5, times: 1, match: { method: 'POST' } },
    'after all of it, without an answer': { kind: 'disconnect-after-commit', times: 1, match: { method: 'POST' } },
    'after all of it, with an error': { kind: 'error-after-commit', status: 500, times: 2, match: { method: 'POST' } },
    'before any of it': { kind: 'error', status: 503, times: 2, match: { method: 'POST' } },
    'with single items': { kind: 'fails-items', items: [1, 4], status: 503, times: 2, match: { method: 'POST' } },
  };

  for (const [moment, fault] of Object.entries(faults)) {
    it(`${moment} gets each record once`, async () => {
      const { empty, two, close } = await createAll(fault);
      try {
        expect(await empty.struck()).toEqual([fault.times]);
        expect(await empty.list('contacts')).toHaveLength(people);
        expect((await empty.writes()).totals).toMatchObject({ created: people, updated: 0, unchanged: 0 });
        for (const side of two.sides) await side.pull();
        expect(await two.stored()).toHaveLength(people);
        expect((await empty.writes()).totals).toMatchObject({ created: people, updated: 0, unchanged: 0 });
      } finally {
        await close();
      }
    });
  }

  it('after an update, is written to once', async () => {
    const step = await startInStep(room, {});
    try {
      const { exact, quirky, ids, first } = step;
      await quirky.setFaults({ kind: 'disconnect-after-commit', times: 1, match: { type: 'contacts' } });
      await exact.edit({
        kind: 'update',
        type: 'contacts',
        id: ids.here,
        patch: { jobTitle: 'Chair', phone: '+386 (41) 123-456' },
      });
      await first.pull();
      expect(await quirky.struck()).toEqual([1]);
      expect(await quirky.read('contacts', ids.there)).toMatchObject({ jobTitle: 'Chair' });
      expect((await quirky.writes()).totals).toMatchObject({ updated: 1, unchanged: 0 });
      await step.second.pull();
      expect((await exact.writes()).totals).toMatchObject({ updated: 0, unchanged: 0 });
    } finally {
      await step.close();
    }
  });

  it('changed the record just before, is written to on top of that', async () => {
    const step = await startInStep(room, {});
    try {
      const { exact, quirky, ids, first } = step;
      await quirky.setFaults({ kind: 'moves-on', patch: { lastName: 'Novak' }, times: 1 });
      await exact.edit({ kind: 'update', type: 'contacts', id: ids.here, patch: { jobTitle: 'Chair' } });
      await first.pull();
      expect(await quirky.read('contacts', ids.there)).toMatchObject({ jobTitle: 'Chair', lastName: 'Novak' });
      expect(await exact.read('contacts', ids.here)).toMatchObject({ jobTitle: 'Chair', lastName: 'Novak' });
    } finally {
      await step.close();
    }
  });

  it('does not take a value, is shown with the reason and written to again when a person says so', async () => {
    const step = await startInStep(room, {});
    try {
      const { exact, quirky, ids, first, second, two } = step;
      const { client } = two.tenant;
      const path = `tenant/integrations/${second.integrationId}/push`;
      const problems = () => client.call('GET', `${path}/problems`, pageOf(pushProblem));
      await quirky.setFaults({ kind: 'rejects-field', field: 'jobTitle', message: 'is too grand' });
      await exact.edit({ kind: 'update', type: 'contacts', id: ids.here, patch: { jobTitle: 'Emperor' } });
      await first.pull();
      const [problem] = (await problems()).items;
      expect(problem).toMatchObject({ object: 'contacts', state: 'failed' });
      expect(JSON.stringify(problem)).toContain('is too grand');
      await quirky.setFaults();
      await client.call('POST', `${path}/problems/${problem?.shardId}/retry`, pushState, {});
      await two.quiet();
      expect((await problems()).items).toEqual([]);
      expect(await quirky.read('contacts', ids.there)).toMatchObject({ jobTitle: 'Emperor' });
    } finally {
      await step.close();
    }
  });
});

describe('a provider that cannot tell whether it created a record', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  /** One person, of whom the second CRM does not say whether it created them. */
  const inDoubt = async (
    test: (
      doubt: Awaited<ReturnType<typeof connectTwoCrms>> & {
        readonly empty: Awaited<ReturnType<typeof openOwnCrm>>;
        readonly path: string;
        readonly held: z.infer<typeof pushProblem>;
      },
    ) => Promise<void>,
  ) => {
    const full = await openOwnCrm({ contacts: 1 });
    const empty = await openOwnCrm({}, { idempotencyKeys: false });
    try {
      const two = await connectTwoCrms(room, [full, empty], {}, { forgetful: true });
      const [first, second] = two.sides;
      await first.pull();
      await empty.setFaults({ kind: 'disconnect-after-commit', times: 1, match: { method: 'POST' } });
      await second.pull();
      const path = `tenant/integrations/${second.integrationId}/push`;
      const held = await pollUntil('The create that is held', async () => {
        const { items } = await two.tenant.client.call('GET', `${path}/problems?state=held`, pageOf(pushProblem));
        return items[0];
      });
      expect(await empty.list('contacts')).toHaveLength(1);
      await test({ ...two, empty, path, held });
      for (const side of two.sides) await side.pull();
      expect((await empty.writes()).totals).toMatchObject({ created: 1 });
      expect((await full.writes()).totals).toMatchObject({ created: 0 });
      expect(await two.stored()).toHaveLength(1);
    } finally {
      await full.close();
      await empty.close();
    }
  };

  it('gets no second one: a person says which it is', () =>
    inDoubt(async ({ tenant, empty, path, held, quiet, stored }) => {
      const [externalId] = await empty.list('contacts');
      const retry = `${path}/problems/${held.shardId}/retry`;
      await expect(tenant.client.call('POST', retry, z.unknown(), {})).rejects.toThrow(/created/);
      await tenant.client.call('POST', retry, pushState, { created: { externalId } });
      await quiet();
      const [shard] = await stored();
      expect(Object.values(shard?.sources ?? {}).map((source) => source.externalId)).toContain(externalId);
    }));

  it('is known by its values when it is read, and needs nobody', () =>
    inDoubt(async ({ tenant, empty, path, sides, stored }) => {
      await sides[1].pull();
      const [externalId] = await empty.list('contacts');
      const [shard, another] = await stored();
      expect(another).toBeUndefined();
      expect(Object.values(shard?.sources ?? {}).map((source) => source.externalId)).toContain(externalId);
      expect((await tenant.client.call('GET', `${path}/problems?state=held`, pageOf(pushProblem))).items).toEqual([]);
    }));
});
