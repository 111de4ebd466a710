import { describe, expect, it } from 'vitest';
import { killWhileSyncing } from '../chaos/sync.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { runTwin } from '../kit/running-twin.ts';
import { createTenant } from '../kit/tenant-on-twin.ts';

describe('an app that ends in the middle of a run', () => {
  it('by SIGKILL, three times, loses and doubles nothing', async () => {
    const size = { companies: 2_500, contacts: 2_500, deals: 1_000 };
    const result = await killWhileSyncing(3, 7, () => undefined, size);
    expect(result).toEqual({
      kills: 3,
      records: 6_000,
      lost: 0,
      duplicated: 0,
      reconciled: true,
      state: 'succeeded',
    });
  });

  it('by SIGTERM finishes its message, and the run goes on with the next start', async () => {
    const records = 400;
    const pageSize = 20;
    const room = await runTwin({ appEnvironment: { ENGINE_PAGES_PER_SLICE: '3' } });
    const crm = await openOwnCrm({ contacts: records });
    try {
      await crm.setFaults({ kind: 'slow', ms: 100 });
      const tenant = await createTenant(room, { crm, task: { pageSize } });
      const { id } = await tenant.start();
      await pollUntil('Some pages', async () => (await tenant.execution(id)).pages > 4 || undefined);
      await room.twin.stopApp('SIGTERM');
      expect(room.log.filter((line) => /Not finished after|Shutdown failed/.test(line))).toEqual([]);
      await room.twin.restartApp();
      const continued = await tenant.execution(id);
      expect(continued.finishedAt).toBeUndefined();
      expect(continued.pages).toBeLessThan(records / pageSize);
      // A message ends between two pages: none is read again.
      expect(await tenant.follow(id)).toMatchObject({
        state: 'succeeded',
        pages: records / pageSize,
        attempt: 0,
        counts: { received: records, created: records },
      });
      expect([...(await tenant.stored()).keys()].sort()).toEqual(
        (await crm.list('contacts')).map((each) => `contacts ${each}`),
      );
    } finally {
      await room.close();
      await crm.close();
    }
  });
});
