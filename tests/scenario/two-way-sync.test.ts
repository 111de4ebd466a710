import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConflictPolicy } from '../../shared/contracts/conflict-policy.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { connectTwoCrms, type InStep, startInStep, type TwoCrms } from '../kit/two-crms.ts';

type OwnCrm = Awaited<ReturnType<typeof openOwnCrm>>;

const people = 20;

async function valuesOf({ exact, quirky, ids }: InStep, field: string): Promise<unknown[]> {
  const records = [await exact.read('contacts', ids.here), await quirky.read('contacts', ids.there)];
  return records.map((record) => record?.[field]);
}

async function expectQuiet({ first, second, exact, quirky }: InStep): Promise<void> {
  const before = [(await exact.writes()).totals, (await quirky.writes()).totals];
  for (const side of [first, second, first, second]) await side.pull();
  expect([(await exact.writes()).totals, (await quirky.writes()).totals]).toEqual(before);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('two CRMs, each of which writes values its own way', () => {
  let room: RunningTwin;
  let exact: OwnCrm;
  let quirky: OwnCrm;
  let two: TwoCrms;

  beforeAll(async () => {
    room = await runTwin();
    exact = await openOwnCrm({ contacts: people });
    quirky = await openOwnCrm(
      {},
      {
        quirks: ['trims-texts', 'normalises-phones', 'drops-milliseconds', 'lower-cases-emails'],
      },
    );
    two = await connectTwoCrms(room, [exact, quirky]);
  });

  afterAll(async () => {
    await quirky?.close();
    await exact?.close();
    await room?.close();
  });

  it('creates nothing there before it knows what is there, and each record once after that', async () => {
    const [first, second] = two.sides;
    expect(await first.pull()).toMatchObject({ state: 'succeeded', counts: { created: people } });
    expect((await quirky.writes()).totals).toMatchObject({ created: 0 });
    expect(await second.pull()).toMatchObject({ state: 'succeeded', counts: { received: 0 } });
    expect((await quirky.writes()).totals).toMatchObject({ created: people, updated: 0, unchanged: 0 });
    expect((await exact.writes()).totals).toMatchObject({ created: 0, updated: 0 });
    expect(await two.stored()).toHaveLength(people);
  });

  it('writes nothing once both have seen everything', async () => {
    const before = await two.stored();
    const [first, second] = two.sides;
    for (const side of [second, first, second, first]) await side.pull();
    expect((await quirky.writes()).totals).toMatchObject({ created: people, updated: 0, unchanged: 0 });
    expect((await exact.writes()).totals).toMatchObject({ created: 0, updated: 0 });
    expect(await two.stored()).toEqual(before);
  });
});

describe('a field that was changed in both CRMs', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  const editBoth = async ({ exact, quirky, ids }: InStep, here: object, there: object) => {
    await exact.edit({ kind: 'update', type: 'contacts', id: ids.here, patch: { ...here } });
    await pause(2500);
    await quirky.edit({ kind: 'update', type: 'contacts', id: ids.there, patch: { ...there } });
  };

  const winners: Record<Exclude<ConflictPolicy, 'merge' | 'manual'>, string> = {
    external_wins: 'Owner of the second',
    internal_wins: 'Owner of the first',
    newest: 'Owner of the second',
  };

  for (const [policy, winner] of Object.entries(winners)) {
    it(`is settled by ${policy}, and both come to the same`, async () => {
      const step = await startInStep(room, { conflicts: { policy } });
      try {
        await editBoth(step, { jobTitle: 'Owner of the first' }, { jobTitle: 'Owner of the second' });
        await step.first.pull();
        await step.second.pull();
        expect(await valuesOf(step, 'jobTitle')).toEqual([winner, winner]);
        await expectQuiet(step);
        const written = [(await step.exact.writes()).totals, (await step.quirky.writes()).totals];
        expect(written.map(({ updated }) => updated).reduce((sum, each) => sum + each, 0)).toBe(1);
        expect(written.map(({ unchanged }) => unchanged)).toEqual([0, 0]);
      } finally {
        await step.close();
      }
    });
  }

  it('is united by merge, where it is a list', async () => {
    const step = await startInStep(room, { conflicts: { policy: 'merge' } });
    try {
      const start = { tags: ['vip', 'old'] };
      await step.exact.edit({ kind: 'update', type: 'contacts', id: step.ids.here, patch: start });
      await step.first.pull();
      expect(await valuesOf(step, 'tags')).toEqual([start.tags, start.tags]);
      await editBoth(step, { tags: ['vip', 'old', 'berlin'] }, { tags: ['vip', 'partner'] });
      await step.first.pull();
      await step.second.pull();
      const united = [...((await valuesOf(step, 'tags'))[0] as string[])].sort();
      expect(united).toEqual(['berlin', 'partner', 'vip']);
      const [here, there] = await valuesOf(step, 'tags');
      expect(here).toEqual(there);
      await expectQuiet(step);
    } finally {
      await step.close();
    }
  });

  it('waits for a person under manual, and only that field does', async () => {
    const step = await startInStep(room, { conflicts: { policy: 'manual' } });
    try {
      await editBoth(step, { jobTitle: 'Owner of the first', lastName: 'Novak' }, { jobTitle: 'Owner of the second' });
      await step.first.pull();
      await step.second.pull();
      expect(await valuesOf(step, 'jobTitle')).toEqual(['Owner of the first', 'Owner of the second']);
      expect(await valuesOf(step, 'lastName')).toEqual(['Novak', 'Novak']);
      const held = (await step.two.stored()).flatMap(({ sources }) =>
        Object.values(sources).flatMap((each) => each.held ?? []),
      );
      expect(held).toHaveLength(1);
      expect(Object.keys(held[0]?.fields ?? {})).toEqual(['jobTitle']);
      await expectQuiet(step);
    } finally {
      await step.close();
    }
  });

  it('is no conflict, where only one side changed it', async () => {
    const step = await startInStep(room, { conflicts: { policy: 'manual' } });
    try {
      await editBoth(step, { jobTitle: 'Chair' }, { phone: '+386 (41) 123-456' });
      await step.second.pull();
      await step.first.pull();
      expect(await valuesOf(step, 'jobTitle')).toEqual(['Chair', 'Chair']);
      const [here, there] = await valuesOf(step, 'phone');
      expect(String(here).replace(/\D/g, '')).toBe('38641123456');
      expect(String(there).replace(/\D/g, '')).toBe('38641123456');
      await expectQuiet(step);
    } finally {
      await step.close();
    }
  });

  it('goes with its record, when that is deleted in one and was not changed in the other', async () => {
    const step = await startInStep(room, { conflicts: { policy: 'manual' } });
    try {
      await step.exact.edit({ kind: 'delete', type: 'contacts', id: step.ids.here });
      await step.first.pull();
      expect(await step.quirky.read('contacts', step.ids.there)).toBeUndefined();
      expect(await step.quirky.list('contacts')).toHaveLength(2);
      await expectQuiet(step);
    } finally {
      await step.close();
    }
  });
});
