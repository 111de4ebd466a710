import { afterAll, beforeAll, describe } from 'vitest';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { duplicatesSuite } from './duplicates.suite.ts';
import { oneRunSuite } from './one-run-a-task.suite.ts';
import { providerFaultsSuite } from './provider-faults.suite.ts';

/**
 * What leaves the twin as it was and has tenants of its own shares one, at the same time: starting a twin takes longer than most of it, and much of it
 * waits, for a clock or for a provider that says nothing. The longest waits come first.
 */
describe('on one twin', () => {
  let room: RunningTwin | undefined;
  const running = (): RunningTwin => {
    if (room === undefined) throw new Error('The twin is not running');
    return room;
  };

  beforeAll(async () => {
    room = await runTwin();
  });

  afterAll(async () => {
    await room?.close();
  });

  describe.concurrent('a task', (it) => oneRunSuite(it, running));
  describe.concurrent('a provider that fails', (it) => providerFaultsSuite(it, running));
  describe.concurrent('contacts that are in the CRM twice', (it) => duplicatesSuite(it, running));
});
