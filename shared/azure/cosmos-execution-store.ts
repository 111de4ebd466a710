import type { OperationInput, OperationResponse } from '@azure/cosmos';
import type { ExecutionDocument, PageDocument } from '../core/documents/execution.ts';
import type { ExecutionStore, WriteResult } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { collections } from './collections.ts';
import { CosmosCollection, type StoreTools } from './cosmos-collection.ts';
import { meaningOfStatus } from './cosmos-failure.ts';
import { storeBudget, type Tries, tryAgain } from './try-again.ts';

/** Runs and their pages in Cosmos; both kinds share the partition of the run, so that one transaction may write both. */
export class CosmosExecutionStore implements ExecutionStore {
  readonly executions: CosmosCollection<ExecutionDocument>;
  readonly pages: CosmosCollection<PageDocument>;
  readonly #tools: StoreTools;

  constructor(tools: StoreTools) {
    this.#tools = tools;
    this.executions = new CosmosCollection(collections.executions, tools);
    this.pages = new CosmosCollection(collections.pages, tools);
  }

  async commitPage(scope: Scope, page: PageDocument, execution: ExecutionDocument, etag: string): Promise<WriteResult> {
    if (page.executionId !== execution.executionId) throw new Error('A page is committed with its own execution only');
    const operations = [
      this.executions.operation(scope, { kind: 'replace', document: execution, etag }),
      this.pages.operation(scope, { kind: 'upsert', document: page }),
    ];
    const tries: Tries = { unclear: false };
    const [moved] = await this.#transact([scope.tenantId, execution.executionId], operations, tries);
    if (moved?.statusCode === 200) {
      if (moved.eTag === undefined) throw new Error(`Cosmos moved ${execution.id} without telling its ETag`);
      return { ok: true, etag: moved.eTag };
    }
    if (moved?.statusCode === 404) return { ok: false, reason: 'gone' };
    if (moved?.statusCode !== 412) {
      throw new Error(`Cosmos answered ${moved?.statusCode} to the page ${page.id} of ${execution.id}`);
    }
    const own = tries.unclear ? await this.executions.findOwn(scope, execution) : undefined;
    return own === undefined ? { ok: false, reason: 'stale' } : { ok: true, etag: own.etag };
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
