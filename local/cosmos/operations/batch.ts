import { badRequest, CosmosError, RetryLaterError, tooLarge } from '../errors.ts';
import type { Budget } from '../faults/budget.ts';
import { isJsonObject, type Json, ownProperty } from '../json.ts';
import { canonicalKey, fullKeyFromHeader, type KeyComponent, parseKeyComponents } from '../partition-key.ts';
import type { ContainerEntry } from '../store/catalog.ts';
import type { Database } from '../store/database.ts';
import type { Reader } from '../store/replica.ts';
import { round } from './charge.ts';
import { applyOperation, type ItemOperation, isOperationKind, type OperationResult } from './items.ts';

const MAX_OPERATIONS = 100;
const MAX_BYTES = 2 * 1024 * 1024;

/** How a batch request is to be run. */
export interface BatchOptions {
  /** All or nothing within one logical partition (a transactional batch), or each for itself (bulk). */
  readonly atomic: boolean;
  /** Bulk only: whether operations after a failed one are still tried. */
  readonly continueOnError: boolean;
  /** The partition key header of a transactional batch. */
  readonly keyHeader: string | undefined;
  /** `Prefer: return=minimal`: writes answer without the document. */
  readonly withoutContent: boolean;
  /** Bulk only: what its operations may spend. */
  readonly budget?: Budget | undefined;
  /** Bulk only: where its reads read; absent sees every write. */
  readonly reader: Reader | undefined;
}

/** The HTTP answer to a batch. */
export interface BatchReply {
  readonly status: number;
  readonly body: string;
  readonly charge: number;
}

interface Outcome {
  readonly operation: ItemOperation | undefined;
  readonly result: OperationResult | CosmosError;
}

const isWrite = (operation: ItemOperation | undefined): boolean => operation?.kind !== 'Read';

function textProperty(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function keyOf(given: Json | undefined, batchKey: string | undefined, container: ContainerEntry): string {
  if (given === undefined) {
    if (batchKey !== undefined) return batchKey;
    throw badRequest('PartitionKey value must be supplied for this operation.');
  }
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  if (batchKey === undefined) return fullKeyFromHeader(text, container.partitionKey);
  const key = canonicalKey(parseKeyComponents(text) as KeyComponent[]);
  if (key !== batchKey) throw badRequest('All operations of a batch must have the partition key of the batch.');
  return key;
}

function parseOperation(value: Json, batchKey: string | undefined, container: ContainerEntry): ItemOperation {
  if (!isJsonObject(value) || !isOperationKind(value['operationType'])) {
    throw badRequest('Each operation of a batch needs a known operationType.');
  }
  const kind = value['operationType'];
  return {
    kind,
    key: keyOf(value['partitionKey'], batchKey, container),
    id: textProperty(value['id']),
    body: value['resourceBody'],
    ifMatch: textProperty(value['ifMatch']),
    ifNoneMatch: textProperty(value['ifNoneMatch']),
  };
}

/** True for a bulk request that changes nothing: like any other read, it may then be served by a replica that lags. */
export function isReadOnly(body: Json): boolean {
  return Array.isArray(body) && body.every((operation) => ownProperty(operation, 'operationType') === 'Read');
}

function parseOperations(body: Json | undefined, bodyBytes: number): Json[] {
  if (!Array.isArray(body)) throw badRequest('The body of a batch must be an array of operations.');
  if (body.length === 0) throw badRequest('The batch has no operations.');
  if (body.length > MAX_OPERATIONS) throw badRequest(`A batch takes at most ${MAX_OPERATIONS} operations.`);
  if (bodyBytes > MAX_BYTES) throw tooLarge();
  return body;
}

function renderOutcome(outcome: Outcome, withoutContent: boolean): string {
  const { operation, result } = outcome;
  if (result instanceof CosmosError) {
    const substatus = result.substatus === 0 ? '' : `,"subStatusCode":${result.substatus}`;
    const retryAfter = result instanceof RetryLaterError ? `,"retryAfterMilliseconds":${result.retryAfterMs}` : '';
    return `{"statusCode":${result.status}${substatus}${retryAfter},"requestCharge":1,"message":${JSON.stringify(result.message)}}`;
  }
  const etag = result.etag === undefined ? '' : `,"eTag":${JSON.stringify(result.etag)}`;
  const hideBody = result.body === undefined || (withoutContent && isWrite(operation));
  const body = hideBody ? '' : `,"resourceBody":${result.body}`;
  return `{"statusCode":${result.status},"requestCharge":${result.charge}${etag}${body}}`;
}

function replyOf(status: number, outcomes: readonly Outcome[], withoutContent: boolean): BatchReply {
  const charge = outcomes.reduce((sum, { result }) => sum + (result instanceof CosmosError ? 1 : result.charge), 0);
  const body = `[${outcomes.map((outcome) => renderOutcome(outcome, withoutContent)).join(',')}]`;
  return { status, body, charge: round(charge) };
}

/** A refusal as the result of its operation; anything else is a fault of this server and ends the request. */
function attempt(work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    if (error instanceof CosmosError) return { operation: undefined, result: error };
    throw error;
  }
}

function runBulk(operations: Json[], container: ContainerEntry, options: BatchOptions): BatchReply {
  const outcomes: Outcome[] = [];
  const place = options.reader === undefined ? {} : { reader: options.reader };
  let stopped = false;
  for (const value of operations) {
    const outcome = stopped
      ? { operation: undefined, result: new CosmosError(424, 'A previous operation of the batch has failed.') }
      : attempt(() => {
          const operation = { ...parseOperation(value, undefined, container), ...place };
          options.budget?.admit();
          const result = applyOperation(operation, container);
          options.budget?.spend(result.charge);
          return { operation, result };
        });
    outcomes.push(outcome);
    if (outcome.result instanceof CosmosError && !options.continueOnError) stopped = true;
  }
  const failed = outcomes.some(({ result }) => result instanceof CosmosError);
  return replyOf(failed ? 207 : 200, outcomes, options.withoutContent);
}

/** Carries the failed operation out of the transaction that its failure rolls back. */
class BatchFailure extends Error {
  readonly index: number;
  readonly reason: CosmosError;

  constructor(index: number, reason: CosmosError) {
    super(reason.message);
    this.index = index;
    this.reason = reason;
  }
}

function runTransaction(
  database: Database,
  values: Json[],
  container: ContainerEntry,
  options: BatchOptions,
): BatchReply {
  const key = fullKeyFromHeader(options.keyHeader, container.partitionKey);
  const operations = values.map((value) => parseOperation(value, key, container));
  try {
    const outcomes = database.transaction(() =>
      operations.map((operation, index): Outcome => {
        const outcome = attempt(() => ({ operation, result: applyOperation(operation, container) }));
        if (outcome.result instanceof CosmosError) throw new BatchFailure(index, outcome.result);
        return outcome;
      }),
    );
    return replyOf(200, outcomes, options.withoutContent);
  } catch (error) {
    if (!(error instanceof BatchFailure)) throw error;
    const outcomes = operations.map((operation, index) => ({
      operation,
      result: index === error.index ? error.reason : new CosmosError(424, 'Another operation of the batch has failed.'),
    }));
    return replyOf(207, outcomes, options.withoutContent);
  }
}

/**
 * Runs a bulk request or a transactional batch: one SQLite transaction either way, unless a `reader` says that it only reads.
 * @param bodyBytes size of the request's body.
 * @throws CosmosError 400 or 413 when the request as a whole is refused.
 */
export function runBatch(
  database: Database,
  container: ContainerEntry,
  body: Json | undefined,
  bodyBytes: number,
  options: BatchOptions,
): BatchReply {
  const operations = parseOperations(body, bodyBytes);
  if (options.reader !== undefined) return runBulk(operations, container, options);
  database.reserveLsns(operations.length);
  return options.atomic
    ? runTransaction(database, operations, container, options)
    : database.transaction(() => runBulk(operations, container, options));
}
