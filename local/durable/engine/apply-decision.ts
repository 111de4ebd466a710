import { randomUUID } from 'node:crypto';
import { createEvent, EventType, type HistoryEvent } from '../history-event.ts';
import type { Message, StoredHistory } from '../store/hub-store.ts';
import { type Instance, isFinal, type RuntimeStatus } from '../store/instance.ts';
import { addTimer, deleteTimer } from '../store/timers.ts';
import type { EngineContext } from './context.ts';
import type { EntityMessage } from './entity-message.ts';
import { findIdFault } from './instance-id.ts';
import type { Decision, Failure, OrchestrationTask } from './worker.ts';

export interface OrchestrationTurnState {
  readonly instance: Instance;
  readonly past: StoredHistory;
  readonly startedAtMs: number;
  readonly arrived: readonly HistoryEvent[];
  /** The messages that brought `arrived`, in the same order. */
  readonly messages: readonly Message[];
  /** What is done with whatever the orchestrator decides. */
  readonly spent: readonly Message[];
  readonly controls: readonly HistoryEvent[];
}

/** The name under which the extension runs HTTP calls. */
const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

/**
 * Writes what a turn has brought: its history, its messages to others, and its end. Within a transaction; nothing when
 * the instance has been purged or replaced meanwhile.
 */
export const applyDecision = (context: EngineContext, turn: OrchestrationTurnState, decision: Decision): void => {
  const { store, now } = context;
  const { instance } = turn;
  if (!isCurrent(context, instance)) {
    return;
  }
  const customStatus = decision.customStatus ?? instance.customStatus;
  const taken = turn.messages.slice(0, decision.taken);
  store.deleteMessages(turn.spent);
  if (decision.outcome.kind === 'continuedAsNew') {
    // What nobody has waited for in this turn is there for the next execution.
    const carried = new Set(decision.unconsumed);
    store.deleteMessages(taken.filter((_, place) => !carried.has(place)));
    // All that is new and does not keep an execution open are messages to entities.
    for (const task of decision.schedule) {
      begin(context, instance, task, turn.startedAtMs);
    }
    store.continueAsNew(instance, decision.outcome.input, customStatus, now());
    return;
  }
  store.deleteMessages(taken);
  for (const task of decision.cancelTimers) {
    deleteTimer(store, instance.execution, task);
  }
  const end = toEnd(decision.outcome);
  const scheduled = decision.schedule.map((task) => begin(context, instance, task, turn.startedAtMs));
  const events = [
    createEvent(EventType.OrchestratorStarted, turn.startedAtMs),
    ...turn.controls,
    ...turn.arrived.slice(0, decision.taken),
    ...scheduled,
    ...(end === undefined ? [] : [toEndEvent(end, turn.startedAtMs)]),
    createEvent(EventType.OrchestratorCompleted, turn.startedAtMs, { Mark: decision.mark }),
  ];
  store.appendHistory(instance.execution, turn.past.length, events);
  if (end === undefined) {
    store.updateInstance(instance.id, 'Running', customStatus, turn.startedAtMs, now());
  } else {
    endInstance(context, instance, { ...end, customStatus, turnMs: turn.startedAtMs });
  }
};

/** True for the execution that the instance has now. */
export const isCurrent = ({ store }: EngineContext, { id, execution }: Instance): boolean =>
  store.findInstance(id)?.execution === execution;

interface End {
  readonly status: RuntimeStatus;
  /** JSON text. */
  readonly output: string;
  readonly failure?: Failure | undefined;
}

const toEnd = (outcome: Decision['outcome']): End | undefined => {
  switch (outcome.kind) {
    case 'completed':
      return { status: 'Completed', output: outcome.output };
    case 'failed':
      return { status: 'Failed', output: JSON.stringify(outcome.reason), failure: outcome };
    default:
      return undefined;
  }
};

const toEndEvent = ({ status, output, failure }: End, atMs: number): HistoryEvent =>
  createEvent(EventType.ExecutionCompleted, atMs, {
    OrchestrationStatus: status,
    Result: output,
    FailureDetails: failure?.failureDetails,
  });

/** Ends an instance and tells its parent. */
export const endInstance = (
  { store, now }: EngineContext,
  instance: Instance,
  end: End & { readonly customStatus: string | undefined; readonly turnMs: number },
): void => {
  const nowMs = now();
  store.cancelWork(instance.execution);
  store.clearInbox(instance.id);
  store.setOutput(instance.id, end.output);
  store.updateInstance(instance.id, end.status, end.customStatus, end.turnMs, nowMs);
  const { parent } = instance;
  if (parent !== undefined) {
    const event =
      end.failure === undefined
        ? createEvent(EventType.SubOrchestrationInstanceCompleted, nowMs, {
            TaskScheduledId: parent.task,
            Result: end.output,
          })
        : createEvent(EventType.SubOrchestrationInstanceFailed, nowMs, {
            TaskScheduledId: parent.task,
            Reason: end.failure.reason,
            Details: end.failure.details,
            FailureDetails: end.failure.failureDetails,
          });
    store.send(parent.instance, JSON.stringify(event), parent.execution);
  }
};

/** Begins a task and says so for the history. */
const begin = (context: EngineContext, instance: Instance, task: OrchestrationTask, atMs: number): HistoryEvent => {
  const { store } = context;
  const { id: instanceId, execution } = instance;
  switch (task.kind) {
    case 'activity':
      store.addActivity({
        instance: instanceId,
        execution,
        task: task.id,
        kind: 'activity',
        name: task.name,
        input: task.input,
      });
      return createEvent(EventType.TaskScheduled, atMs, { EventId: task.id, Name: task.name });
    case 'http':
      store.addActivity({
        ...{ instance: instanceId, execution, task: task.id },
        ...{ kind: 'http', name: HTTP_ACTIVITY, input: task.request },
      });
      return createEvent(EventType.TaskScheduled, atMs, { EventId: task.id, Name: HTTP_ACTIVITY });
    case 'expired': {
      const { reason, details, failureDetails } = task.failure;
      const event = createEvent(EventType.TaskFailed, atMs, {
        TaskScheduledId: task.id,
        Reason: reason,
        Details: details,
        FailureDetails: failureDetails,
      });
      store.send(instanceId, JSON.stringify(event), execution);
      return createEvent(EventType.TaskScheduled, atMs, { EventId: task.id, Name: task.name });
    }
    case 'timer':
      if (!task.isCancelled) {
        addTimer(store, instance, task.id, task.fireAtMs);
      }
      return createEvent(EventType.TimerCreated, atMs, {
        EventId: task.id,
        FireAt: new Date(task.fireAtMs).toISOString(),
      });
    case 'subOrchestration':
      return beginSubOrchestration(context, instance, task, atMs);
    case 'entityCall':
    case 'entitySignal': {
      const isSignal = task.kind === 'entitySignal';
      const message: EntityMessage = {
        op: task.operation,
        input: task.input,
        signal: isSignal,
        id: randomUUID(),
        parent: instanceId,
        parentExecution: execution,
      };
      store.send(task.entityId, JSON.stringify(message));
      // The input is of no use to a replay.
      const { input: _, ...recorded } = message;
      return createEvent(EventType.EventSent, atMs, {
        EventId: task.id,
        Name: 'op',
        InstanceId: task.entityId,
        Input: JSON.stringify(recorded),
      });
    }
  }
};

const beginSubOrchestration = (
  { store, settings, now }: EngineContext,
  instance: Instance,
  task: Extract<OrchestrationTask, { kind: 'subOrchestration' }>,
  atMs: number,
): HistoryEvent => {
  // An empty one is none, as in .NET.
  const id = task.instanceId || `${instance.executionId}:${task.id.toString(16).padStart(4, '0')}`;
  const existing = store.findInstance(id);
  const parent = { instance: instance.id, execution: instance.execution, task: task.id };
  const isRunning = existing !== undefined && !isFinal(existing.status);
  const fault = isRunning ? `An orchestration with the instance ID '${id}' has not ended` : findIdFault(id);
  if (fault !== undefined) {
    const event = createEvent(EventType.SubOrchestrationInstanceFailed, atMs, {
      TaskScheduledId: task.id,
      Reason: fault,
      Details: '',
    });
    store.send(instance.id, JSON.stringify(event), instance.execution);
  } else {
    const version = task.version ?? settings.defaultVersion;
    store.createInstance({ id, name: task.name, version, input: task.input, parent }, now());
  }
  return createEvent(EventType.SubOrchestrationInstanceCreated, atMs, {
    EventId: task.id,
    Name: task.name,
    InstanceId: id,
  });
};
