import type { OperationInput, OperationResponse } from '@azure/cosmos';
import type { MissingDocument } from '../core/documents/comparison.ts';
import type { ExecutionDocument, PageDocument } from '../core/documents/execution.ts';
import type { FailedRecordDocument, LogDocument } from '../core/documents/execution-details.ts';
import type { LeftRecordDocument } from '../core/documents/left-record.ts';
import type { ExecutionStore, RunChange, WriteResult } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { runCollections } from './collections.ts';
import { CosmosCollection, type StoreTools } from './cosmos-collection.ts';
import { meaningOfStatus } from './cosmos-failure.ts';
import { storeBudget, type Tries, tryAgain } from './try-again.ts';

/** Runs with their pages, logs and failed records in Cosmos; all share the partition of the run, so that one transaction may write several. */
export class CosmosExecutionStore implements ExecutionStore {
  readonly executions: CosmosCollection<ExecutionDocument>;
  readonly pages: CosmosCollection<PageDocument>;
  readonly logs: CosmosCollection<LogDocument>;
  readonly failedRecords: CosmosCollection<FailedRecordDocument>;
  readonly leftRecords: CosmosCollection<LeftRecordDocument>;
  readonly missing: CosmosCollection<MissingDocument>;
  readonly #tools: StoreTools;

  constructor(tools: StoreTools) {
    this.#tools = tools;
    this.executions = new CosmosCollection(runCollections.executions, tools);
    this.pages = new CosmosCollection(runCollections.pages, tools);
    this.logs = new CosmosCollection(runCollections.logs, tools);
    this.failedRecords = new CosmosCollection(runCollections.failedRecords, tools);
    this.leftRecords = new CosmosCollection(runCollections.leftRecords, tools);
    this.missing = new CosmosCollection(runCollections.missing, tools);
  }

  async create(scope: Scope, change: RunChange): Promise<WriteResult> {
    return this.#write(scope, change, this.executions.operation(scope, { kind: 'create', document: change.execution }));
  }

  async commit(scope: Scope, change: RunChange, etag: string): Promise<WriteResult> {
    const { execution } = change;
    return this.#write(scope, change, this.executions.operation(scope, { kind: 'replace', document: execution, etag }));
  }

  /** The run's own operation comes first, so that its status tells whether the rest was written. */
  async #write(
    scope: Scope,
    { execution, page, missing, log = [] }: RunChange,
    move: OperationInput,
  ): Promise<WriteResult> {
    assertOneRun(execution, [
      ...(page === undefined ? [] : [page]),
      ...(missing === undefined ? [] : [missing]),
      ...log,
    ]);
    const operations = [
      move,
      ...(page === undefined ? [] : [this.pages.operation(scope, { kind: 'upsert', document: page })]),
      ...(missing === undefined ? [] : [this.missing.operation(scope, { kind: 'upsert', document: missing })]),
      ...log.map((document) => this.logs.operation(scope, { kind: 'upsert', document })),
    ];
    const tries: Tries = { unclear: false };
    const [moved] = await this.#transact([scope.tenantId, execution.executionId], operations, tries);
    if (moved?.statusCode === 200 || moved?.statusCode === 201) {
      if (moved.eTag === undefined) throw new Error(`Cosmos moved ${execution.id} without telling its ETag`);
      return { ok: true, etag: moved.eTag };
    }
    if (moved?.statusCode === 404) return { ok: false, reason: 'gone' };
    if (moved?.statusCode !== 412 && moved?.statusCode !== 409) {
      throw new Error(`Cosmos answered ${moved?.statusCode} to a change of ${execution.id}`);
    }
    const own = tries.unclear ? await this.executions.findOwn(scope, execution) : undefined;
    if (own !== undefined) return { ok: true, etag: own.etag };
    return { ok: false, reason: moved.statusCode === 409 ? 'exists' : 'stale' };
  }

  /** All operations or none; the answers in their order. A batch that is refused or lost as a whole is repeated. */
  async #transact(
    partitionKey: [string, string],
    operations: OperationInput[],
    tries: Tries,
  ): Promise<OperationResponse[]> {
    const container = await this.#tools.open('executions');
    return tryAgain(
      storeBudget(this.#tools.random),
      async () => {
        const { result, code } = await container.items.batch(operations, partitionKey);
        const answers = result ?? [];
        const failed = answers.find((answer) => answer.statusCode >= 400 && answer.statusCode !== 424);
        const status = failed?.statusCode ?? code ?? 0;
        if (meaningOfStatus(status) !== 'final') {
          throw Object.assign(new Error(`Cosmos answered ${status} to a batch`), { code: status });
        }
        return answers;
      },
      tries,
    );
  }
}

function assertOneRun(execution: ExecutionDocument, others: readonly { readonly executionId: string }[]): void {
  if (others.some(({ executionId }) => executionId !== execution.executionId)) {
    throw new Error('A run is written with its own page and log only');
  }
}
