import { EventType, type HistoryEvent } from '../history-event.ts';
import type { Message } from '../store/hub-store.ts';
import { type Instance, isFinal, type RuntimeStatus } from '../store/instance.ts';
import { applyDecision, endInstance, isCurrent, type OrchestrationTurnState } from './apply-decision.ts';
import type { EngineContext } from './context.ts';
import type { TurnEnd } from './turn-queue.ts';
import { findVersionMismatch } from './version.ts';

/** How many messages one turn takes at most. */
const LONGEST_BATCH = 1_000;
/** With so many under way the next result is near. */
const MANY_RUNNING = 8;
/** About what it costs; as long as a replay takes, results are gathered before the next one. */
const REPLAY_MS_PER_EVENT = 0.02;
const LONGEST_REST_MS = 100;

const DONE: TurnEnd = { isMore: false, restMs: 0 };

interface Delivery {
  readonly message: Message;
  readonly event: HistoryEvent;
}

const parse = (message: Message): Delivery => ({ message, event: JSON.parse(message.message) as HistoryEvent });

/**
 * Runs an orchestration until it waits again: takes what has arrived, replays the orchestrator, and commits its history
 * with everything it has asked for at once.
 */
export const runOrchestrationTurn = async (context: EngineContext, id: string): Promise<TurnEnd> => {
  const { store } = context;
  const controls = store.readInbox(id, 'control', LONGEST_BATCH).map(parse);
  const instance = store.findInstance(id);
  if (instance === undefined || isFinal(instance.status)) {
    // By number: another start may be on its way into the inbox.
    const late = [...controls.map(({ message }) => message), ...store.readInbox(id, 'other', LONGEST_BATCH)];
    await context.persist(() => store.deleteMessages(late));
    return { ...DONE, isMore: late.length >= LONGEST_BATCH };
  }
  const terminated = controls.find(({ event }) => event.EventType === EventType.ExecutionTerminated);
  if (terminated !== undefined) {
    await terminate(context, instance, terminated.event);
    return DONE;
  }
  const status = controls.reduce(applyControl, instance.status);
  const waiting = status === 'Suspended' ? [] : store.readInbox(id, 'other', LONGEST_BATCH);
  const isMeant = ({ execution }: Message): boolean => execution === undefined || execution === instance.execution;
  const deliveries = waiting.filter(isMeant).map(parse).sort(startFirst);
  const spent = [...controls.map(({ message }) => message), ...waiting.filter((message) => !isMeant(message))];
  if (deliveries.length === 0) {
    if (spent.length > 0) {
      await recordControls(context, instance, status, controls, spent);
    }
    return { ...DONE, isMore: status !== 'Suspended' && waiting.length === LONGEST_BATCH };
  }
  const mismatch = findVersionMismatch(instance.version, context.settings);
  if (mismatch !== undefined && context.settings.versionFailureStrategy === 'Reject') {
    context.log('warning', `The orchestration ${id} waits for an app that may run it: ${mismatch}`);
    return DONE;
  }
  const turn = beginTurn(context, instance, deliveries, controls, spent);
  const name = context.worker.find('orchestrator', instance.name);
  if (mismatch !== undefined) {
    await fail(context, turn, mismatch);
    return DONE;
  }
  if (name === undefined) {
    await fail(context, turn, describeMissing(context, instance.name));
    return DONE;
  }
  const decision = await context.worker.runOrchestrator({
    name,
    instanceId: id,
    parentInstanceId: instance.parent?.instance,
    input: store.findPayloads(id).input,
    past: turn.past.events,
    startedAtMs: turn.startedAtMs,
    arrived: turn.arrived,
  });
  await context.persist(() => applyDecision(context, turn, decision));
  if (decision.outcome.kind === 'failed') {
    context.log('error', `The orchestration ${id} has failed: ${decision.outcome.reason}`);
  }
  const gathers = decision.running >= MANY_RUNNING;
  return {
    isMore: decision.taken < deliveries.length || waiting.length === LONGEST_BATCH,
    restMs: gathers ? Math.min(Math.floor(turn.past.length * REPLAY_MS_PER_EVENT), LONGEST_REST_MS) : 0,
  };
};

const beginTurn = (
  context: EngineContext,
  instance: Instance,
  deliveries: readonly Delivery[],
  controls: readonly Delivery[],
  spent: readonly Message[],
): OrchestrationTurnState => {
  const arrived = deliveries.map(({ event }) => event);
  // A timer has never fired before its time, also when the clock was set back.
  const fireTimes = arrived.map(({ FireAt }) => (FireAt === undefined ? 0 : Date.parse(FireAt)));
  return {
    instance,
    past: context.store.readHistory(instance.execution),
    startedAtMs: Math.max(
      context.now(),
      instance.turnMs,
      fireTimes.reduce((one, other) => Math.max(one, other), 0),
    ),
    arrived,
    messages: deliveries.map(({ message }) => message),
    spent,
    controls: controls.map(({ event }) => event),
  };
};

/** What came before the start of an execution waits behind it. */
const startFirst = (one: Delivery, other: Delivery): number =>
  Number(other.event.EventType === EventType.ExecutionStarted) -
  Number(one.event.EventType === EventType.ExecutionStarted);

const applyControl = (status: RuntimeStatus, { event }: Delivery): RuntimeStatus => {
  switch (event.EventType) {
    case EventType.ExecutionSuspended:
      return 'Suspended';
    case EventType.ExecutionResumed:
      return status === 'Suspended' ? 'Running' : status;
    default:
      return status;
  }
};

const recordControls = async (
  context: EngineContext,
  instance: Instance,
  status: RuntimeStatus,
  controls: readonly Delivery[],
  spent: readonly Message[],
): Promise<void> =>
  context.persist(() => {
    const { store, now } = context;
    store.deleteMessages(spent);
    if (controls.length > 0 && isCurrent(context, instance)) {
      const past = store.readHistory(instance.execution);
      store.appendHistory(
        instance.execution,
        past.length,
        controls.map(({ event }) => event),
      );
      store.updateInstance(instance.id, status, instance.customStatus, instance.turnMs, now());
    }
  });

const terminate = async (context: EngineContext, instance: Instance, event: HistoryEvent): Promise<void> =>
  context.persist(() => {
    if (!isCurrent(context, instance)) {
      return;
    }
    const past = context.store.readHistory(instance.execution);
    context.store.appendHistory(instance.execution, past.length, [event]);
    endInstance(context, instance, {
      status: 'Terminated',
      output: event.Input ?? 'null',
      customStatus: instance.customStatus,
      turnMs: instance.turnMs,
      failure: { reason: `Sub-orchestration terminated: ${event.Input ?? ''}`, details: '' },
    });
  });

const fail = async (context: EngineContext, turn: OrchestrationTurnState, message: string): Promise<void> => {
  context.log('error', `The orchestration ${turn.instance.id} has failed: ${message}`);
  const nothing = { schedule: [], cancelTimers: [], customStatus: undefined, unconsumed: [], running: 0, mark: 0 };
  await context.persist(() =>
    applyDecision(context, turn, {
      ...nothing,
      taken: turn.arrived.length,
      outcome: { kind: 'failed', reason: message, details: '' },
    }),
  );
};

/** The extension's words. */
const describeMissing = ({ worker }: EngineContext, name: string): string => {
  const known =
    worker.orchestrators.length === 0
      ? 'No orchestrator functions are currently registered!'
      : `The following are the known orchestrator functions: '${worker.orchestrators.join("', '")}'.`;
  return `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: ${known}`;
};
