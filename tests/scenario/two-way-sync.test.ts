import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOwnCrm } from '../kit/crm-control.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { connectTwoCrms, type TwoCrms } from '../kit/two-crms.ts';

type OwnCrm = Awaited<ReturnType<typeof openOwnCrm>>;

const people = 20;

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
