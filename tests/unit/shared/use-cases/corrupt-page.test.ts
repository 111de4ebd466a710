import { expect, it } from 'vitest';
import { CorruptDocument } from '../../../../shared/core/app-error.ts';
import { pageIdOf } from '../../../../shared/core/documents/execution.ts';
import { workOnSlice } from '../../../../shared/use-cases/work-on-slice.ts';
import { createPerson } from '../../../kit/person.ts';
import { createSyncHarness, fill } from '../../../kit/sync-harness.ts';

it.each([
  ['a worker', 'failed'],
  ['a cancel', 'cancelled'],
])(
  'a page that cannot be read does not keep %s from ending the run, and its task stays taken until it is mended',
  async (by, end) => {
    const harness = await createSyncHarness();
    const { deps } = harness;
    fill(harness, 3);
    const { id } = await harness.start();
    deps.runs.pages.plant('acme', { id: pageIdOf(0) }, id);
    const work = async () => {
      if (by === 'a cancel') return createPerson(harness).ask('cancel', id);
      const message = deps.syncQueue.receive();
      if (message === undefined) throw new Error('no message');
      return workOnSlice(deps, message.envelope);
    };
    await expect(work()).rejects.toBeInstanceOf(CorruptDocument);
    expect((await harness.read(id)).state).toBe(end);
    expect(deps.log.alerts.length).toBeGreaterThan(0);
    await expect(harness.start()).rejects.toBeInstanceOf(CorruptDocument);
    await deps.runs.pages.remove(harness.scope, { id: pageIdOf(0), partition: id });
    expect(await harness.run()).toMatchObject({ state: 'succeeded', counts: { created: 3 } });
  },
);
