import { describe, expect, test } from 'vitest';
import { deleteSubscription } from '../../../../../shared/use-cases/outgoing/delete-subscription.ts';
import { handleOutgoingMessage } from '../../../../../shared/use-cases/outgoing/handle-outgoing-message.ts';
import { runDueEntries } from '../../../../../shared/use-cases/run-due-entries.ts';
import { createOutgoingHarness, type OutgoingHarness } from '../../../../kit/outgoing-harness.ts';
import { traceparent } from '../../../../kit/sync-harness.ts';

const fails = { kind: 'answered', status: 500, durationMs: 1 } as const;
const works = { kind: 'answered', status: 200, durationMs: 1 } as const;
const hourMs = 3_600_000;

function removeIt({ deps, scope }: OutgoingHarness, subscriptionId: string): Promise<unknown> {
  const attempt = { at: deps.now(), repeated: false };
  const input = { params: { subscriptionId }, query: undefined, body: undefined, ifMatch: undefined, attempt };
  return deleteSubscription(deps, scope, input);
}

describe('of a subscription that is removed', () => {
  test.each(['before', 'after'] as const)('nothing stays, whenever the process dies %s a step', async (moment) => {
    for (let step = 1; ; step += 1) {
      const harness = createOutgoingHarness({ circuitFailures: 1, scheduleMs: [0, 60_000] });
      const { deps } = harness;
      const { id } = await harness.subscribe();
      deps.webhookClient.answer = () => fails;
      await harness.tell('Fails');
      await harness.turns(2);
      expect(deps.endpoints.all()).toHaveLength(1);
      deps.faults.crashAt(step, moment);
      const isDone = await removeIt(harness, id).then(
        () => true,
        () => false,
      );
      deps.faults.restart();
      if (isDone) {
        expect(step).toBeGreaterThan(4);
        return;
      }
      await harness.settle();
      if (deps.subscriptions.all().length > 0) continue;
      expect([deps.secrets.size, deps.endpoints.all(), deps.due.all()], `step ${step}`).toEqual([0, [], []]);
    }
  });

  test('an attempt that was under way leaves nothing behind', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    const { id } = await harness.subscribe();
    deps.webhookClient.answer = async () => {
      await removeIt(harness, id);
      return fails;
    };
    await harness.tell('Too late');
    await harness.settle();
    expect(harness.dispatches()).toMatchObject([{ state: 'dead' }]);
    expect([deps.secrets.size, deps.endpoints.all(), deps.due.all()]).toEqual([0, [], []]);
  });
});

describe('the look of the clock', () => {
  test('between the entry and what it is for does not end the looking', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    await harness.subscribe();
    await harness.tell('Looked after');
    // The entry is due just before the dispatches are there, and the message that has them sent is lost.
    deps.faults.onOperation = async ({ port, verb }) => {
      if (port !== 'dispatches' || verb !== 'writeMany') return;
      deps.faults.onOperation = undefined;
      deps.clock.advanceTo(deps.due.all()[0]?.document.dueAt ?? '');
      await runDueEntries(deps, traceparent);
    };
    await harness.turns(1);
    deps.outgoingQueue.receive()?.complete();
    await harness.settle();
    expect(harness.titles()).toEqual(['Looked after']);
    expect(deps.due.all()).toEqual([]);
  });

  test('leaves what waits for an earlier one of its key', async () => {
    const harness = createOutgoingHarness({ scheduleMs: [0, 5 * hourMs], circuitFailures: 100 });
    const { deps } = harness;
    await harness.subscribe({ orderBy: 'subject' });
    deps.webhookClient.answer = () => fails;
    for (const title of ['first', 'second', 'third']) {
      await harness.tell(title);
      deps.clock.advance(1);
    }
    await harness.turns(4);
    expect(harness.titles()).toEqual(['first']);
    const waiting = () => harness.dispatches().map(({ nextAttemptAt }) => nextAttemptAt);
    const before = waiting();
    for (let look = 0; look < 5; look += 1) {
      deps.clock.advance(deps.outgoing.sweepMs + 1000);
      await runDueEntries(deps, traceparent);
    }
    expect(waiting()).toEqual(before);
    expect(deps.outgoingQueue.waiting).toBe(1);
    expect(deps.log.entries.filter(({ level }) => level === 'warn')).toEqual([]);
    deps.webhookClient.answer = () => works;
    await harness.settle();
    expect(harness.titles()).toEqual(['first', 'first', 'second', 'third']);
  });
});

describe('an attempt', () => {
  test('of which many fail at once is counted once each', async () => {
    const harness = createOutgoingHarness({ circuitFailures: 10 });
    const { deps } = harness;
    await harness.subscribe();
    const count = 90;
    for (let told = 0; told < count; told += 1) await harness.tell(String(told));
    await harness.turns(1);
    let arrived = 0;
    let answerAll = (): void => undefined;
    const allAreThere = new Promise<void>((resolve) => (answerAll = resolve));
    deps.webhookClient.answer = async () => {
      arrived += 1;
      if (arrived === count) answerAll();
      await allAreThere;
      return fails;
    };
    const turns: Promise<void>[] = [];
    for (let message = deps.outgoingQueue.receive(); message !== undefined; message = deps.outgoingQueue.receive()) {
      turns.push(handleOutgoingMessage(deps, message.envelope));
    }
    await Promise.all(turns);
    expect(harness.dispatches().map(({ attemptCount }) => attemptCount)).toEqual(Array(count).fill(1));
    expect(deps.endpoints.all()).toMatchObject([{ circuit: 'open' }]);
  });

  test('whose secret is gone fails in words, is given up, and says nothing of the receiver', async () => {
    const harness = createOutgoingHarness({ circuitFailures: 1 });
    const { deps, scope } = harness;
    const { id } = await harness.subscribe({ orderBy: 'subject' });
    await deps.secrets.erase(scope, `webhook-secret:${id}`);
    await harness.tell('Unsigned');
    await harness.settle();
    expect(harness.titles()).toEqual([]);
    expect(harness.dispatches()).toMatchObject([
      { state: 'dead', attemptCount: 10, problem: expect.stringContaining('signing secret') },
    ]);
    expect(deps.endpoints.all()).toEqual([]);
    expect(deps.due.all()).toEqual([]);
  });

  test('that had to wait for its secret until somebody else may send is left to them', async () => {
    const harness = createOutgoingHarness();
    const { deps } = harness;
    await harness.subscribe();
    deps.faults.onOperation = ({ port, verb }) => {
      if (port !== 'secrets' || verb !== 'get') return;
      deps.faults.onOperation = undefined;
      deps.clock.advance(25_000);
    };
    await harness.tell('Once');
    await harness.turns(1);
    const message = deps.outgoingQueue.receive();
    await expect(handleOutgoingMessage(deps, message?.envelope)).rejects.toThrow('too late');
    expect(harness.titles()).toEqual([]);
    message?.complete();
    await harness.settle();
    expect(harness.titles()).toEqual(['Once']);
    expect(harness.dispatches()).toMatchObject([{ state: 'delivered', attemptCount: 1 }]);
  });
});
