import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { execution } from '../../shared/contracts/executions.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { connectTwoCrms } from '../kit/two-crms.ts';

const people = 40;

describe('a run that is taken back, where both sides are written to', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  it('puts both CRMs back, but for what was edited since, and the next runs leave it so', async () => {
    const first = await openOwnCrm({ contacts: people });
    const second = await openOwnCrm({});
    try {
      const two = await connectTwoCrms(room, [first, second]);
      const [here, there] = two.sides;
      await here.pull();
      await there.pull();
      const titles = async (crm: typeof first) => {
        const ids = await crm.list('contacts');
        return Promise.all(ids.map(async (id) => (await crm.read('contacts', id))?.['jobTitle'] ?? null));
      };
      const before = await titles(first);
      const ids = await first.list('contacts');
      await first.edit(
        ...ids.map((id) => ({
          kind: 'update' as const,
          type: 'contacts' as const,
          id,
          patch: { jobTitle: 'Mistake' },
        })),
      );
      const bad = await here.pull();
      expect(bad.counts).toMatchObject({ updated: people });
      expect(new Set(await titles(second))).toEqual(new Set(['Mistake']));
      const [edited] = await two.stored();
      const { client } = two.tenant;
      await client.call('PATCH', `tenant/shards/${edited?.id}`, z.unknown(), { data: { jobTitle: 'Corrected' } });
      await two.quiet();
      const base = `tenant/integrations/${here.integrationId}/executions`;
      const taken = z.looseObject({ execution });
      const { execution: rollback } = await client.call('POST', `${base}/${bad.id}/rollback`, taken, {});
      const ended = await pollUntil(
        'The end of the rollback',
        async () => {
          const run = await client.call('GET', `${base}/${rollback.id}`, execution);
          return run.finishedAt === undefined ? undefined : run;
        },
        60_000,
      );
      expect(ended.counts).toMatchObject({ received: people, updated: people - 1 });
      const left = z.looseObject({ items: z.array(z.looseObject({ shardId: z.string(), reason: z.string() })) });
      expect((await client.call('GET', `${base}/${rollback.id}/left-records`, left)).items).toMatchObject([
        { shardId: edited?.id, reason: 'changed-since' },
      ]);
      await two.quiet();
      const expectBack = async () => {
        const now = [await titles(first), await titles(second)];
        for (const each of now) {
          expect(each.filter((title) => title === 'Corrected')).toHaveLength(1);
          expect(each.filter((title) => title === 'Mistake')).toEqual([]);
        }
        const same = (now[0] ?? []).filter((title, index) => title === before[index]);
        expect(same.length).toBeGreaterThanOrEqual(people - 1);
      };
      await expectBack();
      const written = [(await first.writes()).totals, (await second.writes()).totals];
      for (const side of [here, there]) await side.pull();
      for (const side of [here, there]) await side.pull('full');
      await expectBack();
      expect([(await first.writes()).totals, (await second.writes()).totals]).toEqual(written);
    } finally {
      await first.close();
      await second.close();
    }
  });
});
