import type { Health, HealthReason } from '../contracts/integration-health.ts';
import type { ExecutionDocument } from './documents/execution.ts';
import type { IntegrationDocument } from './documents/integration.ts';

export const dayMs = 86_400_000;

/** This long before a credential ends, people are told. */
export const expiryNoticeMs = 14 * dayMs;

/** A run that has to wait for its provider longer than this is worth a look. */
const longestWaitMs = 3_600_000;

/** So many failed runs of a task in a row are no accident. */
const failuresInARow = 3;

/** What one task shows. */
export interface TaskFacts {
  readonly taskId: string;
  readonly name: string;
  /** Newest first; a handful. */
  readonly runs: readonly ExecutionDocument[];
  /** A run that nobody works on and nobody looks after. */
  readonly stuck?: ExecutionDocument | undefined;
}

export interface HealthFacts {
  readonly integration: IntegrationDocument;
  /** Of the enabled tasks. */
  readonly tasks: readonly TaskFacts[];
  /** Since when work waits too long in the queue. */
  readonly workDelayedSince?: string | undefined;
}

export interface Judgement {
  readonly health: Health;
  readonly reasons: readonly HealthReason[];
}

/** How well an integration does. What is disabled is expected to do nothing and is healthy. */
export function judgeHealth(facts: HealthFacts, now: Date): Judgement {
  if (!facts.integration.enabled) return { health: 'healthy', reasons: [] };
  const reasons = [
    ...judgeConnection(facts, now),
    ...facts.tasks.flatMap((task) => judgeTask(task, now)),
    ...judgeQueue(facts),
  ];
  return { health: worstOf(reasons), reasons };
}

function worstOf(reasons: readonly HealthReason[]): Health {
  if (reasons.some((reason) => reason.health === 'failing')) return 'failing';
  return reasons.length > 0 ? 'degraded' : 'healthy';
}

/** The instant from which people are told that a credential ends; the moment of connecting, if it was late by then. `undefined` where no end is known. */
export function expiryNoticeAt(connection: IntegrationDocument['connection']): string | undefined {
  if (connection?.expiresAt === undefined) return undefined;
  const noticeMs = Date.parse(connection.expiresAt) - expiryNoticeMs;
  return new Date(Math.max(noticeMs, Date.parse(connection.connectedAt))).toISOString();
}

function judgeConnection({ integration, tasks }: HealthFacts, now: Date): HealthReason[] {
  const { connection } = integration;
  if (connection === undefined) {
    // Before there is something to do, a missing connection is no trouble.
    if (tasks.length === 0) return [];
    return [
      degraded('not-connected', 'The integration is not connected: its tasks cannot run.', integration.updatedAt),
    ];
  }
  const reasons: HealthReason[] = [];
  if (connection.state === 'failing') {
    const { problem = 'The provider does not accept the credential.' } = connection;
    const message = `The connection is paused: ${problem} Test the connection, or connect it anew.`;
    reasons.push(failing('connection-failing', message, connection.checkedAt ?? connection.connectedAt));
  }
  const noticeAt = expiryNoticeAt(connection);
  if (connection.expiresAt === undefined || noticeAt === undefined) return reasons;
  if (Date.parse(connection.expiresAt) <= now.getTime()) {
    reasons.push(
      failing('credential-expired', `The credential ended at ${connection.expiresAt}.`, connection.expiresAt),
    );
  } else if (Date.parse(noticeAt) <= now.getTime()) {
    const message = `The credential ends at ${connection.expiresAt}: connect anew before.`;
    reasons.push(degraded('credential-expiring', message, noticeAt));
  }
  return reasons;
}

function judgeTask({ taskId, name, runs, stuck }: TaskFacts, now: Date): HealthReason[] {
  const reasons = [...judgeEndedRuns(name, runs), ...runs.flatMap((run) => judgeWaiting(name, run, now))];
  if (stuck !== undefined) {
    const message = `Task "${name}": a run makes no progress; it is started up again.`;
    reasons.push(degraded('run-stuck', message, stuck.updatedAt));
  }
  return reasons.map((reason) => ({ ...reason, taskId }));
}

/** A cancelled run says nothing about the next one. */
function judgeEndedRuns(name: string, runs: readonly ExecutionDocument[]): HealthReason[] {
  const ended = runs.filter(({ state }) => state === 'succeeded' || state === 'partial' || state === 'failed');
  const [last] = ended;
  if (last === undefined) return [];
  if (last.state === 'partial') {
    const message = `Task "${name}": ${last.counts.failed} records of the last run could not be taken.`;
    return [degraded('records-failing', message, endOf(last))];
  }
  const firstGood = ended.findIndex(({ state }) => state !== 'failed');
  const failed = firstGood === -1 ? ended : ended.slice(0, firstGood);
  const oldest = failed.at(-1);
  if (oldest === undefined) return [];
  const problem = last.problem ?? 'it does not say why.';
  if (failed.length < failuresInARow) {
    return [degraded('run-failed', `Task "${name}": the last run failed: ${problem}`, endOf(last))];
  }
  return [failing('runs-failing', `Task "${name}": the last ${failed.length} runs failed: ${problem}`, endOf(oldest))];
}

function judgeWaiting(name: string, run: ExecutionDocument, now: Date): HealthReason[] {
  if (run.state !== 'waiting' || run.waitingUntil === undefined) return [];
  const waitMs = Math.max(Date.parse(run.waitingUntil), now.getTime()) - Date.parse(run.updatedAt);
  if (waitMs <= longestWaitMs) return [];
  const { waitingUntil, problem = 'The provider asked for it.', updatedAt } = run;
  return [degraded('run-waiting', `Task "${name}": a run waits until ${waitingUntil}. ${problem}`, updatedAt)];
}

/** Only who has something to do notices; how much others have to do is theirs. */
function judgeQueue({ tasks, workDelayedSince }: HealthFacts): HealthReason[] {
  const isAtWork = tasks.some(({ runs }) => runs.some(({ finishedAt }) => finishedAt === undefined));
  if (workDelayedSince === undefined || !isAtWork) return [];
  return [degraded('work-delayed', 'Work takes longer than usual at the moment.', workDelayedSince)];
}

function endOf(run: ExecutionDocument): string {
  return run.finishedAt ?? run.updatedAt;
}

function degraded(code: HealthReason['code'], message: string, since: string): HealthReason {
  return { code, health: 'degraded', message, since };
}

function failing(code: HealthReason['code'], message: string, since: string): HealthReason {
  return { code, health: 'failing', message, since };
}
