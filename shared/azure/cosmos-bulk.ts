import type { Container, OperationResponse } from '@azure/cosmos';
import { runBounded } from '../core/run-bounded.ts';
import { type RetryBudget, waitBeforeRetry } from './backoff.ts';
import { codeOf, meaningOfError, meaningOfStatus, retryAfterMsOf, storeUnavailable } from './cosmos-failure.ts';
import type { KeyedOperation } from './spare-hashing.ts';

/** The final answer to one operation. */
export interface BulkOutcome {
  readonly status: number;
  readonly etag: string | undefined;
  /** What was read; writes answer none. */
  readonly body: object | undefined;
  /** An earlier try of this operation may have taken effect although it was not answered. */
  readonly unclear: boolean;
}

/** The service's limit for one request. */
const operationsPerRequest = 100;
const requestsInFlight = 4;

/**
 * Runs each operation for itself, in as few requests as the service allows. What is throttled, contended or lost is repeated by itself;
 * outcomes are in the order of the operations. Reads and writes do not share a call: only reads are answered with content.
 *
 * `items.bulk` is marked deprecated in favour of `executeBulkOperations`, which waits a second for every call. Measured against alternatives in
 * `docs/decisions/bulk-requests.md`.
 *
 * @throws AppError `unavailable` when an operation finds no answer within the budget
 */
export async function runBulk(
  open: () => Promise<Container>,
  operations: readonly KeyedOperation[],
  budget: RetryBudget,
): Promise<BulkOutcome[]> {
  if (operations.length === 0) return [];
  const container = await open();
  const chunks: KeyedOperation[][] = [];
  for (let at = 0; at < operations.length; at += operationsPerRequest) {
    chunks.push(operations.slice(at, at + operationsPerRequest));
  }
  const outcomes = await runBounded(chunks, requestsInFlight, (chunk) => runChunk(container, chunk, budget));
  return outcomes.flat();
}

async function runChunk(
  container: Container,
  operations: readonly KeyedOperation[],
  budget: RetryBudget,
): Promise<BulkOutcome[]> {
  const outcomes = new Array<BulkOutcome>(operations.length);
  const unclear = new Set<number>();
  let pending = operations.map((_, index) => index);
  for (let attempt = 1; ; attempt += 1) {
    const { answers, failure } = await send(container, pick(operations, pending));
    const again: number[] = [];
    for (const [place, index] of pending.entries()) {
      const answer = answers[place];
      const meaning = answer === undefined ? meaningOfError(failure) : meaningOfStatus(answer.statusCode);
      // A request that spans partition ranges is several: when one of them is refused, the others may have been worked on.
      if (meaning === 'unclear' || (answer === undefined && pending.length > 1)) unclear.add(index);
      if (meaning !== 'final' || answer === undefined) again.push(index);
      else outcomes[index] = outcomeOf(answer, unclear.has(index));
    }
    if (again.length === 0) return outcomes;
    pending = again;
    const askedMs = Math.max(retryAfterMsOf(failure), ...answers.map(retryAfterOf));
    if (!(await waitBeforeRetry(budget, attempt, askedMs))) throw storeUnavailable(failure);
  }
}

interface Sent {
  /** In the order of the operations; absent for those whose whole request failed. */
  readonly answers: readonly (OperationResponse | undefined)[];
  readonly failure: unknown;
}

const tooLarge = 413;

async function send(container: Container, operations: KeyedOperation[]): Promise<Sent> {
  const isReading = operations[0]?.operationType === 'Read';
  try {
    const answers = await container.items.bulk(
      operations,
      { continueOnError: true },
      isReading ? {} : { contentResponseOnWriteEnabled: false },
    );
    if (answers.length !== operations.length) {
      throw new Error(`Cosmos answered ${answers.length} of ${operations.length} operations`);
    }
    return { answers, failure: undefined };
  } catch (failure) {
    if (codeOf(failure) === tooLarge && operations.length > 1) return sendHalves(container, operations);
    if (meaningOfError(failure) === 'final') throw failure;
    return { answers: [], failure };
  }
}

/** The service takes 2 MB a request: fewer documents, where they are large. */
async function sendHalves(container: Container, operations: KeyedOperation[]): Promise<Sent> {
  const middle = Math.ceil(operations.length / 2);
  const first = await send(container, operations.slice(0, middle));
  const second = await send(container, operations.slice(middle));
  const answers = operations.map((_, index) =>
    index < middle ? first.answers[index] : second.answers[index - middle],
  );
  return { answers, failure: second.failure ?? first.failure };
}

function outcomeOf(answer: OperationResponse, unclear: boolean): BulkOutcome {
  return { status: answer.statusCode, etag: answer.eTag, body: answer.resourceBody, unclear };
}

function pick<T>(items: readonly T[], indexes: readonly number[]): T[] {
  return indexes.flatMap((index) => items[index] ?? []);
}

/** Milliseconds; the SDK's types leave the field out. */
function retryAfterOf(answer: OperationResponse | undefined): number {
  const asked = (answer as { retryAfterMilliseconds?: unknown } | undefined)?.retryAfterMilliseconds;
  return typeof asked === 'number' && Number.isFinite(asked) ? asked : 0;
}
