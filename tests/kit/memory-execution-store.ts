import { runCollections } from '../../shared/azure/collections.ts';
import type { MissingDocument } from '../../shared/core/documents/comparison.ts';
import type { ExecutionDocument, PageDocument } from '../../shared/core/documents/execution.ts';
import type { FailedRecordDocument, LogDocument } from '../../shared/core/documents/execution-details.ts';
import type { LeftRecordDocument } from '../../shared/core/documents/left-record.ts';
import type { ExecutionStore, RunChange, Write, WriteResult } from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { Faults } from './faults.ts';
import { MemoryCollection } from './memory-collection.ts';
import type { MemoryLog } from './memory-services.ts';

/** Runs with their pages, logs and failed records in memory. */
export class MemoryExecutionStore implements ExecutionStore {
  readonly executions: MemoryCollection<ExecutionDocument>;
  readonly pages: MemoryCollection<PageDocument>;
  readonly logs: MemoryCollection<LogDocument>;
  readonly failedRecords: MemoryCollection<FailedRecordDocument>;
  readonly leftRecords: MemoryCollection<LeftRecordDocument>;
  readonly missing: MemoryCollection<MissingDocument>;
  readonly #faults: Faults;

  constructor(faults: Faults, log: MemoryLog) {
    this.#faults = faults;
    this.executions = new MemoryCollection('executions', runCollections.executions, faults, log);
    this.pages = new MemoryCollection('pages', runCollections.pages, faults, log);
    this.logs = new MemoryCollection('logs', runCollections.logs, faults, log);
    this.failedRecords = new MemoryCollection('failedRecords', runCollections.failedRecords, faults, log);
    this.leftRecords = new MemoryCollection('leftRecords', runCollections.leftRecords, faults, log);
    this.missing = new MemoryCollection('missing', runCollections.missing, faults, log);
  }

  async create(scope: Scope, change: RunChange): Promise<WriteResult> {
    return this.#write(scope, change, { kind: 'create', document: change.execution });
  }

  async commit(scope: Scope, change: RunChange, etag: string): Promise<WriteResult> {
    return this.#write(scope, change, { kind: 'replace', document: change.execution, etag });
  }

  /** One durable step, because it is atomic. */
  async #write(
    scope: Scope,
    { execution, page, missing, log = [] }: RunChange,
    move: Write<ExecutionDocument>,
  ): Promise<WriteResult> {
    const verb = page === undefined ? 'commit' : 'commitPage';
    await this.#faults.enter('runs', move.kind === 'create' ? 'create' : verb, 1 + log.length);
    const others = [...(page === undefined ? [] : [page]), ...(missing === undefined ? [] : [missing]), ...log];
    if (others.some(({ executionId }) => executionId !== execution.executionId)) {
      throw new Error('A run is written with its own page and log only');
    }
    return this.#faults.step(`runs ${move.kind} ${page?.id ?? execution.id}`, () => {
      const moved = this.executions.put(scope, move);
      if (!moved.ok) return moved;
      if (page !== undefined) this.pages.put(scope, { kind: 'upsert', document: page });
      if (missing !== undefined) this.missing.put(scope, { kind: 'upsert', document: missing });
      for (const document of log) this.logs.put(scope, { kind: 'upsert', document });
      return moved;
    });
  }
}
