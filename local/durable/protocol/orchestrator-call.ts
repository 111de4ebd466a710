import { parseEntityId } from '../engine/entity-message.ts';
import type { Decision, Failure, OrchestrationTask, OrchestratorTurn, Worker } from '../engine/worker.ts';
import { createEvent, EventType, type HistoryEvent } from '../history-event.ts';
import { ActionType, type OrchestratorState, orchestratorState } from './action.ts';
import { DURATIONS } from './durations.ts';
import { type Replay, replay, type Turn } from './replay.ts';

/**
 * Schema V3 of the replay: what production's extension spoke when this was written. V4 adds locks on entities, so that
 * `context.df.lock()` fails here as it does there.
 */
const SCHEMA = { upperSchemaVersion: 1, upperSchemaVersionNew: 2 };

/** The text that the library's orchestrator handler reads. Events of the past are spliced in as they are stored. */
export const writeOrchestratorInput = (turn: OrchestratorTurn, taken: readonly HistoryEvent[]): string => {
  const started = createEvent(EventType.OrchestratorStarted, turn.startedAtMs);
  const fresh = [started, ...taken].map((event) => JSON.stringify({ ...event, IsPlayed: false }));
  const rest = {
    instanceId: turn.instanceId,
    isReplaying: turn.past !== '',
    parentInstanceId: turn.parentInstanceId ?? null,
    ...SCHEMA,
    ...DURATIONS,
  };
  return `{"history":[${[...(turn.past === '' ? [] : [turn.past]), ...fresh].join(',')}],"input":${turn.input ?? 'null'},${JSON.stringify(rest).slice(1)}`;
};

/** What came of a call of the orchestrator's handler. */
export type OrchestratorAnswer =
  | { readonly kind: 'state'; readonly state: OrchestratorState; readonly hasFailed: boolean }
  /** It did not even get as far as saying what it wants. */
  | { readonly kind: 'broken'; readonly message: string };

const STATE_LABEL = '\n\n$OutOfProcData$:';

/** @param json what the handler returned, as JSON */
export const readOrchestratorResult = (json: string): OrchestratorAnswer => {
  const parsed = orchestratorState.safeParse(JSON.parse(json));
  if (!parsed.success) {
    return {
      kind: 'broken',
      message: `The orchestrator returned no state of schema V2 or V3: ${parsed.error.message}`,
    };
  }
  return { kind: 'state', state: parsed.data, hasFailed: false };
};

/** An orchestrator that fails says in the message of its error what it had asked for before. */
export const readOrchestratorError = (message: string): OrchestratorAnswer => {
  const label = message.indexOf(STATE_LABEL);
  if (label < 0) {
    return { kind: 'broken', message };
  }
  const answer = readOrchestratorResult(message.slice(label + STATE_LABEL.length));
  return answer.kind === 'state' ? { ...answer, hasFailed: true } : answer;
};

/** Splits the stored events into the turns that made them. */
export const toTurns = (past: readonly HistoryEvent[]): Turn[] => {
  const turns: Turn[] = [];
  let events: HistoryEvent[] = [];
  let startedAtMs = 0;
  for (const event of past) {
    if (event.EventType === EventType.OrchestratorStarted) {
      startedAtMs = Date.parse(event.Timestamp);
      events = [];
    } else if (event.EventType === EventType.OrchestratorCompleted) {
      turns.push({ startedAtMs, events, actionCount: event.Mark });
    } else {
      events.push(event);
    }
  }
  return turns;
};

/** What there is to do after an orchestrator's answer; the number of events to offer instead when it is ambiguous. */
export const decide = (
  turn: OrchestratorTurn,
  past: readonly HistoryEvent[],
  taken: readonly HistoryEvent[],
  answer: OrchestratorAnswer,
  find: Worker['find'],
): Decision | { readonly kind: 'ambiguous'; readonly take: number } => {
  const nothing = {
    taken: taken.length,
    schedule: [],
    cancelTimers: [],
    customStatus: undefined,
    unconsumed: [],
    running: 0,
    mark: 0,
  };
  if (answer.kind === 'broken') {
    return { ...nothing, outcome: failed(turn.name, answer.message) };
  }
  const { state, hasFailed } = answer;
  const last: Turn = { startedAtMs: turn.startedAtMs, events: taken, actionCount: undefined };
  const replayed = replay([...toTurns(past), last], state.actions);
  const divergence = replayed.divergence ?? findDivergence(past, replayed.tasks);
  if (divergence !== undefined) {
    const message =
      `Non-Deterministic workflow detected: ${divergence}. ` +
      'Was a change made to the orchestrator code after this instance had already started running?';
    return { ...nothing, mark: state.actions.length, outcome: failed(turn.name, message) };
  }
  const missing = [...replayed.tasks.values()]
    .map((task) => findMissing(task, find))
    .find((each) => each !== undefined);
  if (missing !== undefined) {
    return { ...nothing, mark: state.actions.length, outcome: failed(turn.name, missing) };
  }
  if (replayed.unambiguous < taken.length) {
    return { kind: 'ambiguous', take: replayed.unambiguous };
  }
  return {
    taken: taken.length,
    ...findWork(past, taken, replayed.tasks),
    customStatus: state.customStatus === undefined ? undefined : JSON.stringify(state.customStatus),
    unconsumed: replayed.unconsumed,
    running: replayed.running,
    mark: state.actions.length,
    outcome: findOutcome(turn.name, state, hasFailed, replayed),
  };
};

const findOutcome = (
  name: string,
  state: OrchestratorState,
  hasFailed: boolean,
  { isSettled }: Replay,
): Decision['outcome'] => {
  if (!isSettled || !(state.isDone || hasFailed)) {
    return { kind: 'open' };
  }
  if (hasFailed) {
    return { ...failed(name, state.error ?? ''), failureDetails: state.failureDetails };
  }
  const next = state.actions.find((action) => action.actionType === ActionType.ContinueAsNew);
  if (next !== undefined) {
    // The library has made JSON of a text already; the extension makes JSON of that once more.
    return { kind: 'continuedAsNew', input: next.input === undefined ? undefined : JSON.stringify(next.input) };
  }
  return { kind: 'completed', output: JSON.stringify(state.output ?? null) };
};

const failed = (name: string, error: string): { kind: 'failed' } & Failure => ({
  kind: 'failed',
  reason: `Orchestrator function '${name}' failed: ${error}`,
  details: error,
});

export const describeMissing = (name: string, kind: string): string =>
  `The function '${name}' doesn't exist, is disabled, or is not ${kind} function.`;

/** The extension checks every name each time that it replays: an orchestration that calls what is not there fails. */
const findMissing = (task: OrchestrationTask, find: Worker['find']): string | undefined => {
  switch (task.kind) {
    case 'activity':
      return find('activity', task.name) === undefined ? describeMissing(task.name, 'an activity') : undefined;
    case 'subOrchestration':
      return find('orchestrator', task.name) === undefined ? describeMissing(task.name, 'an orchestrator') : undefined;
    case 'entityCall':
    case 'entitySignal': {
      const { name } = parseEntityId(task.entityId);
      return find('entity', name) === undefined ? describeMissing(name, 'an entity') : undefined;
    }
    default:
      return undefined;
  }
};

const SCHEDULING = new Map<number, readonly OrchestrationTask['kind'][]>([
  [EventType.TaskScheduled, ['activity', 'http', 'expired']],
  [EventType.SubOrchestrationInstanceCreated, ['subOrchestration']],
  [EventType.TimerCreated, ['timer']],
  [EventType.EventSent, ['entityCall', 'entitySignal']],
]);

const findDivergence = (
  past: readonly HistoryEvent[],
  tasks: ReadonlyMap<number, OrchestrationTask>,
): string | undefined => {
  for (const event of past) {
    const kinds = SCHEDULING.get(event.EventType);
    const task = kinds === undefined ? undefined : tasks.get(event.EventId);
    if (kinds === undefined) {
      continue;
    }
    if (task === undefined || !kinds.includes(task.kind) || nameOf(task, event) !== event.Name) {
      const now = task === undefined ? 'nothing' : `a task of kind ${task.kind} (${nameOf(task, event) ?? ''})`;
      return (
        `A previous execution of this orchestration scheduled a task with sequence ID ${event.EventId} ` +
        `and name '${event.Name ?? ''}', but the current replay scheduled ${now} in its place`
      );
    }
  }
  return undefined;
};

/** A call of an entity is recorded under the name of its operation kind only. */
const nameOf = (task: OrchestrationTask, event: HistoryEvent): string | undefined =>
  'name' in task ? task.name : event.Name;

const findWork = (
  past: readonly HistoryEvent[],
  taken: readonly HistoryEvent[],
  tasks: ReadonlyMap<number, OrchestrationTask>,
): Pick<Decision, 'schedule' | 'cancelTimers'> => {
  const known = new Set<number>();
  const openTimers = new Set<number>();
  for (const event of past) {
    if (SCHEDULING.has(event.EventType)) {
      known.add(event.EventId);
    }
    if (event.EventType === EventType.TimerCreated) {
      openTimers.add(event.EventId);
    }
  }
  for (const event of [...past, ...taken]) {
    if (event.TimerId !== undefined) {
      openTimers.delete(event.TimerId);
    }
  }
  const isCancelled = (id: number): boolean => {
    const task = tasks.get(id);
    return task?.kind === 'timer' && task.isCancelled;
  };
  return {
    schedule: [...tasks.values()].filter(({ id }) => !known.has(id)),
    cancelTimers: [...openTimers].filter(isCancelled),
  };
};
