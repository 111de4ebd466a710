import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineContext } from '../../../../local/durable/engine/context.ts';
import { runOrchestrationTurn } from '../../../../local/durable/engine/orchestration-turn.ts';
import type { Decision, Worker } from '../../../../local/durable/engine/worker.ts';
import { createEvent, EventType } from '../../../../local/durable/history-event.ts';
import { openHubFile } from '../../../../local/durable/store/hub-file.ts';
import { HubStore } from '../../../../local/durable/store/hub-store.ts';

let folder: string;
let store: HubStore;
/** What another request does in the same transaction, before the turn's own change. */
let meanwhile: () => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-races-'));
  const sqlite = openHubFile(join(folder, 'hub.sqlite'));
  if (sqlite === undefined) throw new Error('The hub is taken');
  store = new HubStore(sqlite);
  meanwhile = () => undefined;
});
afterEach(async () => {
  store.close();
  await rm(folder, { recursive: true });
});

const decision = (outcome: Decision['outcome']): Decision => ({
  taken: 1,
  schedule: [],
  cancelTimers: [],
  customStatus: undefined,
  unconsumed: [],
  running: 0,
  mark: 0,
  outcome,
});

const contextFor = (outcome: Decision['outcome']): EngineContext => {
  const worker: Worker = {
    orchestrators: ['any'],
    activities: [],
    entities: [],
    find: () => 'any',
    runOrchestrator: async () => decision(outcome),
    runActivity: async () => ({ kind: 'completed', result: 'null' }),
    runEntity: async () => ({ exists: false, state: undefined, results: [], signals: [] }),
  };
  return {
    store,
    worker,
    now: () => 1_000,
    log: () => undefined,
    settings: {
      defaultVersion: undefined,
      versionMatchStrategy: 'CurrentOrOlder',
      versionFailureStrategy: 'Reject',
      maxConcurrentActivities: 1,
      maxConcurrentEntities: 1,
      maxConcurrentOrchestrators: 1,
      maxEntityBatch: 1,
    },
    persist: (change) =>
      store.commit(() => {
        meanwhile();
        meanwhile = () => undefined;
        change();
      }),
  };
};

const COMPLETED = { kind: 'completed', output: '1' } as const;
const start = () => store.createInstance({ id: 'it', name: 'any', version: undefined, input: undefined }, 1_000);
const replace = (): void => {
  store.deleteInstance('it');
  start();
};
const control = (type: 3 | 19) => store.send('it', JSON.stringify(createEvent(type, 1_000)), undefined, true);
const waiting = () => store.readInbox('it', 'other', 10).length;

test('a start that is committed with the end of a late message is not lost', async () => {
  const context = contextFor(COMPLETED);
  await store.commit(start);
  await runOrchestrationTurn(context, 'it');
  expect(store.findInstance('it')?.status).toBe('Completed');
  await store.commit(() => store.send('it', JSON.stringify(createEvent(EventType.TaskCompleted, 1_000))));
  meanwhile = start;
  await runOrchestrationTurn(context, 'it');
  expect(store.findInstance('it')?.status).toBe('Pending');
  expect(waiting()).toBe(1);
});

test.each([
  ['the end of the instance before', () => undefined],
  ['its termination', () => control(EventType.ExecutionTerminated)],
  ['its suspension', () => control(EventType.ExecutionSuspended)],
])('an instance that is purged and started again is not touched by %s', async (_, prepare) => {
  await store.commit(() => {
    start();
    prepare();
  });
  const before = store.findInstance('it');
  meanwhile = replace;
  await runOrchestrationTurn(contextFor(COMPLETED), 'it');
  const after = store.findInstance('it');
  expect(after?.status).toBe('Pending');
  expect(after?.execution).not.toBe(before?.execution);
  expect(waiting()).toBe(1);
  expect(store.readHistory(before?.execution ?? 0).length).toBe(0);
});

test('a suspended instance without work is not run for what it holds back', async () => {
  await store.commit(() => {
    start();
    control(EventType.ExecutionSuspended);
  });
  await runOrchestrationTurn(contextFor(COMPLETED), 'it');
  expect(store.findInstance('it')?.status).toBe('Suspended');
  expect(await runOrchestrationTurn(contextFor(COMPLETED), 'it')).toEqual({ isMore: false, restMs: 0 });
  expect(waiting()).toBe(1);
});
