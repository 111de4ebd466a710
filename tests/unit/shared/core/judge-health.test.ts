import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExecutionDocument } from '../../../../shared/core/documents/execution.ts';
import type { IntegrationDocument } from '../../../../shared/core/documents/integration.ts';
import { dayMs, type HealthFacts, judgeHealth, type TaskFacts } from '../../../../shared/core/judge-health.ts';
import { sampleExecution, sampleIntegration } from '../../../kit/sample-documents.ts';

const now = new Date('2030-06-01T12:00:00.000Z');
const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();
const inFuture = (ms: number): string => ago(-ms);
const hourMs = 3_600_000;

const connected = { state: 'connected', kind: 'none', fence: 1, connectedAt: ago(100 * dayMs) } as const;

function integration(change: Partial<IntegrationDocument> = {}): IntegrationDocument {
  return sampleIntegration('acme', { connection: connected, ...change });
}

function run(state: ExecutionDocument['state'], change: Partial<ExecutionDocument> = {}): ExecutionDocument {
  const isEnded = state === 'succeeded' || state === 'partial' || state === 'failed';
  return sampleExecution('acme', {
    state,
    updatedAt: ago(60_000),
    ...(isEnded ? { finishedAt: ago(60_000) } : {}),
    ...(state === 'failed' ? { problem: 'Too many requests.' } : {}),
    ...change,
  });
}

function task(...runs: ExecutionDocument[]): TaskFacts {
  return { taskId: 'tsk_1', name: 'Contacts', runs };
}

const judge = (facts: Partial<HealthFacts>) => judgeHealth({ integration: integration(), tasks: [], ...facts }, now);
const codesOf = (facts: Partial<HealthFacts>) => judge(facts).reasons.map(({ code }) => code);

describe('the connection', () => {
  it('that is failing makes the integration failing, and says what to do', () => {
    const connection = { ...connected, state: 'failing', problem: 'The key was rejected.', checkedAt: ago(5) } as const;
    expect(judge({ integration: integration({ connection }) })).toEqual({
      health: 'failing',
      reasons: [
        {
          code: 'connection-failing',
          health: 'failing',
          message: 'The connection is paused: The key was rejected. Test the connection, or connect it anew.',
          since: ago(5),
        },
      ],
    });
  });

  it.each([
    [15 * dayMs, []],
    [14 * dayMs, ['credential-expiring']],
    [1, ['credential-expiring']],
    [0, ['credential-expired']],
    [-dayMs, ['credential-expired']],
  ])('whose credential ends in %i ms gives %j', (leftMs, codes) => {
    const connection = { ...connected, expiresAt: inFuture(leftMs) };
    expect(codesOf({ integration: integration({ connection }) })).toEqual(codes);
  });

  it('that was made with little time left is noticed from then on', () => {
    const connection = { ...connected, connectedAt: ago(dayMs), expiresAt: inFuture(dayMs) };
    expect(judge({ integration: integration({ connection }) }).reasons[0]?.since).toBe(ago(dayMs));
  });

  it('is missed only where tasks need it', () => {
    const { connection: _connection, ...without } = integration();
    expect(codesOf({ integration: without })).toEqual([]);
    expect(codesOf({ integration: without, tasks: [task()] })).toEqual(['not-connected']);
  });
});

describe('the last runs of a task', () => {
  const good = run('succeeded');
  const bad = run('failed');

  it.each<[string, ExecutionDocument[], string, string[]]>([
    ['none', [], 'healthy', []],
    ['a good one', [good, bad, bad, bad], 'healthy', []],
    ['a failed one', [bad, good], 'degraded', ['run-failed']],
    ['two failed ones', [bad, bad, good], 'degraded', ['run-failed']],
    ['three failed ones', [bad, bad, bad, good], 'failing', ['runs-failing']],
    ['failed ones beside a run in progress', [run('running'), bad, bad, bad], 'failing', ['runs-failing']],
  ])('%s', (_name, runs, health, codes) => {
    const judged = judge({ tasks: [task(...runs)] });
    expect([judged.health, judged.reasons.map(({ code }) => code)]).toEqual([health, codes]);
    expect(judged.reasons.every(({ taskId }) => taskId === 'tsk_1')).toBe(true);
  });

  it('tell since when they fail, and why', () => {
    const runs = [bad, bad, bad, run('failed', { finishedAt: ago(5 * hourMs) }), good];
    expect(judge({ tasks: [task(...runs)] }).reasons).toMatchObject([
      { message: 'Task "Contacts": the last 4 runs failed: Too many requests.', since: ago(5 * hourMs) },
    ]);
  });

  it('with records set aside tell how many', () => {
    const counts = { ...good.counts, received: 9, failed: 4 };
    expect(judge({ tasks: [task(run('partial', { counts }), bad)] })).toMatchObject({
      health: 'degraded',
      reasons: [{ message: 'Task "Contacts": 4 records of the last run could not be taken.' }],
    });
  });
});

describe('a run that waits', () => {
  it.each([
    ['for half an hour', 0, hourMs / 2, []],
    ['just an hour', 0, hourMs, []],
    ['longer than an hour from when it began', hourMs / 2, hourMs / 2 + 1, ['run-waiting']],
    ['and should have gone on long ago', 2 * hourMs, -hourMs - 1, ['run-waiting']],
  ])('%s', (_name, waitedMs, leftMs, codes) => {
    const waiting = run('waiting', { updatedAt: ago(waitedMs), waitingUntil: inFuture(leftMs), problem: 'Busy.' });
    expect(codesOf({ tasks: [task(waiting)] })).toEqual(codes);
  });
});

describe('work that is delayed', () => {
  const workDelayedSince = ago(hourMs);

  it('concerns who has work, in general words', () => {
    const { health, reasons } = judge({ workDelayedSince, tasks: [task(run('queued'))] });
    expect(health).toBe('degraded');
    expect(reasons.map(({ message }) => message)).toEqual(['Work takes longer than usual at the moment.']);
    expect(reasons.map(({ message }) => message).join()).not.toMatch(/\d/);
  });

  it('concerns nobody else', () => {
    expect(codesOf({ workDelayedSince, tasks: [task(run('succeeded'))] })).toEqual([]);
  });
});

describe('any facts', () => {
  const states = fc.constantFrom<ExecutionDocument['state']>(
    'queued',
    'running',
    'waiting',
    'succeeded',
    'partial',
    'failed',
  );
  const runs = fc.array(
    states.map((state) => run(state)),
    { maxLength: 6 },
  );
  const facts: fc.Arbitrary<HealthFacts> = fc.record({
    integration: fc
      .record({
        enabled: fc.boolean(),
        connection: fc.option(
          fc.record({ state: fc.constantFrom('connected' as const, 'failing' as const), leftMs: fc.integer() }),
        ),
      })
      .map(({ enabled, connection }) => {
        const { connection: _none, ...rest } = integration({ enabled });
        if (connection === null) return rest;
        const { state, leftMs } = connection;
        return { ...rest, connection: { ...connected, state, expiresAt: inFuture(leftMs) } };
      }),
    tasks: fc.array(
      fc.record({ runs, isStuck: fc.boolean() }).map((each): TaskFacts => {
        const stuck = each.isStuck ? each.runs[0] : undefined;
        return { ...task(...each.runs), stuck };
      }),
      { maxLength: 3 },
    ),
    workDelayedSince: fc.option(fc.constant(ago(hourMs)), { nil: undefined }),
  });

  it('give a health that is the worst of its reasons, each in words and with an instant', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const { health, reasons } = judgeHealth(each, now);
        const worst = ['failing', 'degraded'].find((one) => reasons.some((reason) => reason.health === one));
        expect(health).toBe(worst ?? 'healthy');
        for (const { message, since } of reasons) {
          expect(message).toMatch(/^[A-Z].*\.$/);
          expect(new Date(since).toISOString()).toBe(since);
        }
        if (!each.integration.enabled) expect(health).toBe('healthy');
        else if (each.integration.connection?.state === 'failing') expect(health).toBe('failing');
      }),
    );
  });

  it('with fewer of them are never worse', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const judged = judgeHealth(each, now);
        const better = judgeHealth({ ...each, tasks: [], workDelayedSince: undefined }, now);
        const order = ['healthy', 'degraded', 'failing'];
        expect(order.indexOf(better.health)).toBeLessThanOrEqual(order.indexOf(judged.health));
      }),
    );
  });
});
