import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { conflict } from '../../shared/contracts/conflicts.ts';
import { event } from '../../shared/contracts/events.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { DurableInstances } from '../kit/durable-instances.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { type InStep, startInStep } from '../kit/two-crms.ts';

type Conflict = z.infer<typeof conflict>;

const minuteMs = 60_000;

const eventsOf = async ({ two }: InStep, type: string): Promise<z.infer<typeof event>[]> =>
  (await two.tenant.client.call('GET', `tenant/events?type=${type}`, pageOf(event))).items;

const read = ({ two }: InStep, { id }: Conflict): Promise<Conflict> =>
  two.tenant.client.call('GET', `tenant/conflicts/${id}`, conflict);

/** People edit the same contact in both CRMs: the conflict that comes up. */
async function collide({ exact, quirky, ids, first, second, two }: InStep): Promise<Conflict> {
  await exact.edit({ kind: 'update', type: 'contacts', id: ids.here, patch: { jobTitle: 'Here' } });
  await quirky.edit({ kind: 'update', type: 'contacts', id: ids.there, patch: { jobTitle: 'There' } });
  await first.pull();
  await second.pull();
  return pollUntil('The conflict', async () => {
    const { items } = await two.tenant.client.call('GET', 'tenant/conflicts?state=open', pageOf(conflict));
    return items[0];
  });
}

const expectBoth = async ({ exact, quirky, ids, two }: InStep, jobTitle: string): Promise<void> => {
  await two.quiet();
  const records = [await exact.read('contacts', ids.here), await quirky.read('contacts', ids.there)];
  expect(records.map((record) => record?.['jobTitle'])).toEqual([jobTitle, jobTitle]);
};

const isExpired = (step: InStep, open: Conflict): Promise<Conflict> =>
  pollUntil(
    'The deadline',
    async () => {
      const now = await read(step, open);
      return now.state === 'expired' ? now : undefined;
    },
    1.5 * minuteMs,
  );

describe('a conflict that waits in the real host', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  const killed = async (whileDown: () => Promise<void> = async () => undefined): Promise<void> => {
    await room.twin.stopApp('SIGKILL');
    await whileDown();
    await room.twin.restartApp();
  };

  it('is reminded of, escalated and decided at its deadline, though the host is killed again and again', async () => {
    const patient = await startInStep(room, {
      conflicts: {
        policy: 'manual',
        remindAfterMinutes: 1,
        escalateAfterMinutes: 1,
        deadlineMinutes: 2,
        onDeadline: 'external_wins',
      },
    });
    const brief = await startInStep(room, {
      conflicts: { policy: 'manual', deadlineMinutes: 1, onDeadline: 'internal_wins' },
    });
    try {
      const open = await collide(patient);
      const short = await collide(brief);
      const instances = new DurableInstances(room);
      await pollUntil('Both orchestrations', async () => {
        const running = [...(await instances.running(open.id)), ...(await instances.running(short.id))];
        return running.length === 2 ? true : undefined;
      });
      await killed();
      // The clock would look after them only ten minutes later: it is the orchestrations that went on.
      const [reminder] = await pollUntil(
        'The reminder and the escalation',
        async () => {
          const reminders = await eventsOf(patient, 'conflict.reminder');
          return reminders.length > 0 && (await eventsOf(patient, 'conflict.escalated')).length > 0
            ? reminders
            : undefined;
        },
        1.5 * minuteMs,
      );
      const openedMs = Date.parse(open.openedAt);
      expect(Date.parse(reminder?.at ?? '')).toBe(openedMs + minuteMs);
      expect(await read(patient, open)).toMatchObject({
        state: 'open',
        reminders: 1,
        escalatedAt: expect.any(String),
      });
      expect(await isExpired(brief, short)).toMatchObject({ decision: { by: 'deadline' } });
      await expectBoth(brief, 'Here');

      const deadlineMs = openedMs + 2 * minuteMs;
      await killed(async () => {
        await pollUntil('The deadline to pass', () => (Date.now() > deadlineMs ? true : undefined), 2 * minuteMs);
      });
      expect(await isExpired(patient, open)).toMatchObject({ reminders: 1, decision: { by: 'deadline' } });
      await expectBoth(patient, 'There');
      expect(await eventsOf(patient, 'conflict.reminder')).toHaveLength(1);
      expect(await eventsOf(patient, 'conflict.escalated')).toHaveLength(1);
      expect(await eventsOf(patient, 'conflict.resolved')).toMatchObject([
        { data: { state: 'expired', by: 'deadline' } },
      ]);
      await pollUntil('The end of both orchestrations', async () => {
        const running = [...(await instances.running(open.id)), ...(await instances.running(short.id))];
        return running.length === 0 ? true : undefined;
      });
    } finally {
      await patient.close();
      await brief.close();
    }
  });
});
