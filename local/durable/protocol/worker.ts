import { z } from 'zod';
import { parseEntityId, toEntityId } from '../engine/entity-message.ts';
import type {
  ActivityCall,
  Decision,
  EntityAnswer,
  EntityBatch,
  OrchestratorTurn,
  TaskOutcome,
  Worker,
} from '../engine/worker.ts';
import type { FailureDetails, HistoryEvent } from '../history-event.ts';
import {
  decide,
  describeMissing,
  readOrchestratorError,
  readOrchestratorResult,
  writeOrchestratorInput,
} from './orchestrator-call.ts';

/** What came of running a function once. */
export type FunctionAnswer =
  /** JSON text; undefined when it returned nothing. */
  | { readonly kind: 'returned'; readonly json: string | undefined }
  | { readonly kind: 'threw'; readonly message: string; readonly stackTrace: string };

/**
 * Runs a function of the app with a text as its trigger's data, undefined for none.
 * Rejects when the app has ended meanwhile.
 */
export type RunFunction = (
  name: string,
  data: string | undefined,
  metadata: Readonly<Record<string, string>>,
) => Promise<FunctionAnswer>;

export interface DurableFunctionNames {
  readonly orchestrators: readonly string[];
  readonly activities: readonly string[];
  readonly entities: readonly string[];
}

/** An app that uses durable-functions 3.x, which speaks with its host in JSON through the functions themselves. */
export const createOutOfProcWorker = (names: DurableFunctionNames, run: RunFunction): Worker => {
  const index = (list: readonly string[]) => new Map(list.map((name) => [name.toLowerCase(), name]));
  const known = {
    orchestrator: index(names.orchestrators),
    activity: index(names.activities),
    entity: index(names.entities),
  };
  const find: Worker['find'] = (kind, name) => known[kind].get(name.toLowerCase());
  return {
    ...names,
    find,
    runOrchestrator: (turn) => runOrchestrator(run, turn, find),
    runActivity: (call) => runActivity(run, find('activity', call.name), call),
    runEntity: (batch) => runEntity(run, batch),
  };
};

const runOrchestrator = async (run: RunFunction, turn: OrchestratorTurn, find: Worker['find']): Promise<Decision> => {
  const past = JSON.parse(`[${turn.past}]`) as HistoryEvent[];
  let taken = turn.arrived;
  for (;;) {
    const answer = await run(turn.name, writeOrchestratorInput(turn, taken), {});
    const result =
      answer.kind === 'threw' ? readOrchestratorError(answer.message) : readOrchestratorResult(answer.json ?? 'null');
    const decision = decide(turn, past, taken, result, find);
    if (!('kind' in decision)) {
      return decision;
    }
    // A replay has no effects: it can be had again with fewer events.
    taken = taken.slice(0, decision.take);
  }
};

const runActivity = async (
  run: RunFunction,
  name: string | undefined,
  { name: wanted, input, instanceId }: ActivityCall,
): Promise<TaskOutcome> => {
  if (name === undefined) {
    // A deploy has removed it since it was asked for.
    return { kind: 'failed', reason: describeMissing(wanted, 'an activity'), details: '' };
  }
  const data = input === 'null' ? undefined : input;
  const answer = await run(name, data, { instanceId, ...(data === undefined ? {} : { data }) });
  if (answer.kind === 'returned') {
    return { kind: 'completed', result: answer.json ?? 'null' };
  }
  const failureDetails = readFailureDetails(answer.message);
  const message = failureDetails?.ErrorMessage ?? answer.message;
  return {
    kind: 'failed',
    reason: `Activity function '${name}' failed: ${message}`,
    details: answer.stackTrace,
    failureDetails,
  };
};

const failurePayload = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  isNonRetriable: z.boolean().optional(),
  properties: z.record(z.string(), z.unknown()),
  stackTrace: z.string().optional(),
});

/** An app with `setExceptionPropertiesProvider` throws errors whose message is JSON with the details. */
const readFailureDetails = (message: string): FailureDetails | undefined => {
  if (!message.startsWith('{')) {
    return undefined;
  }
  let payload: unknown;
  try {
    payload = JSON.parse(message);
  } catch {
    return undefined;
  }
  const { data } = failurePayload.safeParse(payload);
  return data === undefined
    ? undefined
    : {
        ErrorType: data.errorType,
        ErrorMessage: data.errorMessage,
        StackTrace: data.stackTrace,
        IsNonRetriable: data.isNonRetriable,
        Properties: data.properties,
      };
};

const entityAnswer = z.object({
  entityExists: z.boolean(),
  entityState: z.string().nullish(),
  results: z.array(z.object({ isError: z.boolean(), result: z.string().nullish() })),
  signals: z.array(
    z.object({
      target: z.object({ name: z.string(), key: z.string() }),
      name: z.string(),
      input: z.string().nullish(),
    }),
  ),
});

const runEntity = async (run: RunFunction, batch: EntityBatch): Promise<EntityAnswer> => {
  const data = {
    self: parseEntityId(batch.entityId),
    exists: batch.exists,
    state: batch.state ?? null,
    batch: batch.operations.map(({ name, input, isSignal }) => ({ name, input, isSignal })),
  };
  const answer = await run(batch.name, JSON.stringify(data), {});
  if (answer.kind === 'threw') {
    return failAll(batch, answer.message);
  }
  const parsed = entityAnswer.safeParse(JSON.parse(answer.json ?? 'null'));
  if (!parsed.success) {
    return failAll(batch, `The entity returned no state: ${parsed.error.message}`);
  }
  const { entityExists, entityState, results, signals } = parsed.data;
  return {
    exists: entityExists,
    state: entityState ?? undefined,
    results: results.map(({ isError, result }) => ({ isError, result: result ?? undefined })),
    signals: signals.map(({ target, name, input }) => ({
      entityId: toEntityId(target.name, target.key),
      operation: name,
      input: input === '' ? undefined : (input ?? undefined),
    })),
  };
};

/** The function did not get as far as its operations: the state stays as it was. */
const failAll = (batch: EntityBatch, message: string): EntityAnswer => ({
  exists: batch.exists,
  state: batch.state,
  results: batch.operations.map(() => ({ isError: true, result: JSON.stringify(message) })),
  signals: [],
});
