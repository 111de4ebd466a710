import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { createEvent, EventType, type HistoryEvent } from '../history-event.ts';
import { type Commit, createCommitQueue } from './commit-queue.ts';
import { type Instance, type Parent, type RuntimeStatus, text, toInstance } from './instance.ts';

/** A message that waits for an instance or an entity. */
export interface Message {
  readonly seq: number;
  /** The execution it is for; undefined for whichever there is. */
  readonly execution: number | undefined;
  /** JSON text. */
  readonly message: string;
}

export interface PendingActivity {
  readonly seq: number;
  readonly instance: string;
  readonly execution: number;
  readonly task: number;
  readonly kind: 'activity' | 'http';
  readonly name: string;
  readonly input: string | undefined;
}

export interface NewInstance {
  readonly id: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly input: string | undefined;
  readonly parent?: Parent | undefined;
}

export interface StoredHistory {
  readonly length: number;
  /** JSON of the events, with commas between them. */
  readonly events: string;
}

/** What a transaction has brought about that the engine must look at once it is committed. */
export interface Touched {
  readonly targets: Set<string>;
  hasActivities: boolean;
  hasTimers: boolean;
}

type Row = Record<string, unknown>;

/** The tables of a hub. Methods that write are called within `commit` only. */
export class HubStore {
  readonly commit: Commit;
  readonly touched: Touched = { targets: new Set(), hasActivities: false, hasTimers: false };
  readonly #sqlite: DatabaseSync;
  readonly #flush: () => void;
  readonly #statements = new Map<string, StatementSync>();

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
    const queue = createCommitQueue(sqlite);
    this.commit = queue.commit;
    this.#flush = queue.flush;
  }

  close(): void {
    this.#flush();
    this.#sqlite.close();
  }

  /** A prepared statement, kept for the next use. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...values).changes);
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.prepare(sql).all(...values);
  }

  findInstance(id: string): Instance | undefined {
    const row = this.prepare('SELECT * FROM instances WHERE id = ?').get(id);
    return row === undefined ? undefined : toInstance(row);
  }

  findPayloads(id: string): { readonly input: string | undefined; readonly output: string | undefined } {
    const row = this.prepare('SELECT input, output FROM payloads WHERE id = ?').get(id);
    return { input: text(row?.['input']), output: text(row?.['output']) };
  }

  /** Writes a new instance, in place of an ended one with that id, and its start into its inbox. */
  createInstance({ id, name, version, input, parent }: NewInstance, nowMs: number): Instance {
    this.deleteInstance(id);
    const instance: Instance = {
      id,
      ...this.#newExecution(),
      name,
      version,
      status: 'Pending',
      customStatus: undefined,
      createdMs: nowMs,
      updatedMs: nowMs,
      turnMs: 0,
      parent,
    };
    this.#run(
      `INSERT INTO instances (id, execution, execution_id, name, version, status, created_ms, updated_ms, turn_ms,
        parent_id, parent_execution, parent_task) VALUES (?, ?, ?, ?, ?, 'Pending', ?, ?, 0, ?, ?, ?)`,
      ...[id, instance.execution, instance.executionId, name, version ?? null, nowMs, nowMs],
      ...[parent?.instance ?? null, parent?.execution ?? null, parent?.task ?? null],
    );
    this.#run('INSERT INTO payloads (id, input) VALUES (?, ?)', id, input ?? null);
    this.#sendStart(instance, input, nowMs);
    return instance;
  }

  /** The next execution of a running instance: its history begins anew. */
  continueAsNew(instance: Instance, input: string | undefined, customStatus: string | undefined, nowMs: number): void {
    this.#deleteExecution(instance.execution);
    const next = { ...instance, ...this.#newExecution() };
    this.#run(
      "UPDATE instances SET execution = ?, execution_id = ?, status = 'Running', custom_status = ?, updated_ms = ? WHERE id = ?",
      ...[next.execution, next.executionId, customStatus ?? null, nowMs, instance.id],
    );
    this.#run('UPDATE payloads SET input = ? WHERE id = ?', input ?? null, instance.id);
    this.#sendStart(next, input, nowMs);
  }

  #newExecution(): { execution: number; executionId: string } {
    const row = this.prepare("UPDATE counters SET value = value + 1 WHERE name = 'execution' RETURNING value").get();
    return { execution: Number(row?.['value']), executionId: randomUUID().replaceAll('-', '') };
  }

  #sendStart(
    { id, execution, executionId, name, version, parent }: Instance,
    input: string | undefined,
    nowMs: number,
  ): void {
    const started = createEvent(EventType.ExecutionStarted, nowMs, {
      Name: name,
      Version: version ?? null,
      Input: input ?? null,
      OrchestrationInstance: { InstanceId: id, ExecutionId: executionId },
      ParentInstance:
        parent === undefined
          ? null
          : { TaskScheduleId: parent.task, OrchestrationInstance: { InstanceId: parent.instance } },
    });
    this.send(id, JSON.stringify(started), execution);
  }

  updateInstance(
    id: string,
    status: RuntimeStatus,
    customStatus: string | undefined,
    turnMs: number,
    nowMs: number,
  ): void {
    this.#run(
      'UPDATE instances SET status = ?, custom_status = ?, turn_ms = ?, updated_ms = ? WHERE id = ?',
      ...[status, customStatus ?? null, turnMs, nowMs, id],
    );
  }

  setOutput(id: string, output: string | undefined): void {
    this.#run('UPDATE payloads SET output = ? WHERE id = ?', output ?? null, id);
  }

  /** Removes an instance with all that belongs to it; false when there is none. */
  deleteInstance(id: string): boolean {
    const row = this.prepare('DELETE FROM instances WHERE id = ? RETURNING execution').get(id);
    if (row === undefined) {
      return false;
    }
    this.#deleteExecution(Number(row['execution']));
    this.#run('DELETE FROM payloads WHERE id = ?', id);
    this.clearInbox(id);
    return true;
  }

  #deleteExecution(execution: number): void {
    this.#run('DELETE FROM history WHERE execution = ?', execution);
    this.cancelWork(execution);
  }

  /** Forgets what an execution has under way. What runs already is dropped when it ends. */
  cancelWork(execution: number): void {
    this.#run('DELETE FROM activities WHERE execution = ?', execution);
    this.#run('DELETE FROM timers WHERE execution = ?', execution);
  }

  readHistory(execution: number): StoredHistory {
    const row = this.prepare(
      `SELECT count(*) AS length, group_concat(event, ',') AS events
        FROM (SELECT event FROM history WHERE execution = ? ORDER BY seq)`,
    ).get(execution);
    return { length: Number(row?.['length']), events: text(row?.['events']) ?? '' };
  }

  appendHistory(execution: number, from: number, events: readonly HistoryEvent[]): void {
    const insert = this.prepare('INSERT INTO history (execution, seq, event) VALUES (?, ?, ?)');
    for (const [index, event] of events.entries()) {
      insert.run(execution, from + index, JSON.stringify({ ...event, IsPlayed: true }));
    }
  }

  /** @param execution the only one that may take it; whichever there is unless given */
  send(target: string, message: string, execution?: number, isControl = false): void {
    this.#run(
      'INSERT INTO inbox (target, execution, is_control, message) VALUES (?, ?, ?, ?)',
      ...[target, execution ?? null, isControl ? 1 : 0, message],
    );
    this.touched.targets.add(target);
  }

  /** @param control suspend, resume and terminate, which go before all else, or the rest */
  readInbox(target: string, control: 'control' | 'other', limit: number): Message[] {
    const rows = this.#all(
      'SELECT seq, execution, message FROM inbox WHERE target = ? AND is_control = ? ORDER BY seq LIMIT ?',
      ...[target, control === 'control' ? 1 : 0, limit],
    );
    return rows.map((row) => ({
      seq: Number(row['seq']),
      execution: row['execution'] === null ? undefined : Number(row['execution']),
      message: String(row['message']),
    }));
  }

  deleteMessages(messages: readonly Pick<Message, 'seq'>[]): void {
    for (const { seq } of messages) {
      this.#run('DELETE FROM inbox WHERE seq = ?', seq);
    }
  }

  clearInbox(target: string): void {
    this.#run('DELETE FROM inbox WHERE target = ?', target);
  }

  targetsWithMessages(): string[] {
    return this.#all('SELECT DISTINCT target FROM inbox').map((row) => String(row['target']));
  }

  addActivity(activity: Omit<PendingActivity, 'seq'>): void {
    const { instance, execution, task, kind, name, input } = activity;
    this.#run(
      'INSERT INTO activities (instance, execution, task, kind, name, input) VALUES (?, ?, ?, ?, ?, ?)',
      ...[instance, execution, task, kind, name, input ?? null],
    );
    this.touched.hasActivities = true;
  }

  activitiesAfter(seq: number, limit: number): PendingActivity[] {
    return this.#all('SELECT * FROM activities WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit).map((row) => ({
      seq: Number(row['seq']),
      instance: String(row['instance']),
      execution: Number(row['execution']),
      task: Number(row['task']),
      kind: row['kind'] === 'http' ? 'http' : 'activity',
      name: String(row['name']),
      input: text(row['input']),
    }));
  }

  /** False when nobody waits for it any more. */
  deleteActivity(seq: number): boolean {
    return this.#run('DELETE FROM activities WHERE seq = ?', seq) > 0;
  }
}
