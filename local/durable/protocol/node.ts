import type { Failure, OrchestrationTask } from '../engine/worker.ts';
import { EventType, type HistoryEvent } from '../history-event.ts';
import { type Action, ActionType, type HttpRequest } from './action.ts';
import { readTimeSpan } from './durations.ts';

/** What the nodes need of the replay they are in. */
export interface Scheduler {
  /** The time of the turn: what the orchestrator sees as `currentUtcDateTime`. */
  readonly nowMs: number;
  schedule(owner: Node, describe: (id: number) => OrchestrationTask): number;
}

/** An action and how far it is. */
export interface Node {
  /** In the sense of .NET: a Task.all is settled when all of its tasks are, also after a failure. */
  readonly isSettled: boolean;
  /** Takes the end of the task with this number. */
  take(event: HistoryEvent, id: number): void;
  /** Adds this node and all below it. */
  collect(into: Set<Node>): void;
  /** False for a task that has its number but whose time has not come. */
  mayBegin(id: number): boolean;
  /** The task as it is by now. */
  describe(task: OrchestrationTask): OrchestrationTask;
}

abstract class Leaf implements Node {
  isSettled = false;
  abstract take(event: HistoryEvent, id: number): void;
  collect(into: Set<Node>): void {
    into.add(this);
  }
  mayBegin(_id: number): boolean {
    return true;
  }
  describe(task: OrchestrationTask): OrchestrationTask {
    return task;
  }
}

type OfType<Type extends number> = Extract<Action, { readonly actionType: Type }>;
type SingleAction = OfType<0 | 2 | 7 | 9>;
type RetriedAction = OfType<1 | 3>;

/** JSON text of an input; undefined for none. Activities' texts come as JSON already. */
const toInput = (input: unknown): string | undefined => (input === undefined ? undefined : JSON.stringify(input));
const toActivityInput = (input: unknown): string | undefined => (typeof input === 'string' ? input : toInput(input));

const describeCall = (action: SingleAction | RetriedAction, id: number): OrchestrationTask => {
  switch (action.actionType) {
    case ActionType.CallActivity:
    case ActionType.CallActivityWithRetry:
      return { id, kind: 'activity', name: action.functionName, input: toActivityInput(action.input) };
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry:
      return {
        id,
        kind: 'subOrchestration',
        name: action.functionName,
        instanceId: action.instanceId ?? undefined,
        version: action.version ?? undefined,
        input: toInput(action.input),
      };
    case ActionType.CallEntity:
    case ActionType.SignalEntity:
      return {
        id,
        kind: action.actionType === ActionType.CallEntity ? 'entityCall' : 'entitySignal',
        entityId: action.instanceId,
        operation: action.operation,
        input: toInput(action.input),
      };
  }
};

/** An activity, a sub-orchestration, an entity's operation. */
export class TaskNode extends Leaf {
  constructor(scheduler: Scheduler, action: SingleAction) {
    super();
    scheduler.schedule(this, (id) => describeCall(action, id));
  }
  override take(): void {
    this.isSettled = true;
  }
}

/** What nobody waits for: it may have asked for something, but is settled at once. */
export class SettledNode extends Leaf {
  readonly #inner: Node | undefined;
  constructor(inner?: Node) {
    super();
    this.#inner = inner;
    this.isSettled = true;
  }
  override take(): void {
    // Nothing ends it.
  }
  override collect(into: Set<Node>): void {
    this.#inner?.collect(into);
  }
}

export class EventNode extends Leaf {
  override take(): void {
    // Events come by name.
  }
}

/** The default of DTFx when an app names none. */
const LONGEST_RETRY_INTERVAL_MS = 6 * 24 * 60 * 60 * 1000;

/**
 * A call with a retry policy. After each failure there is a timer, after the last one too: the library fails the call only
 * when that has fired.
 */
export class RetryNode extends Leaf {
  readonly #scheduler: Scheduler;
  readonly #action: RetriedAction;
  readonly #beganAtMs: number;
  #attempts = 1;
  #isWaiting = false;
  #failure: Failure = { reason: '', details: '' };

  constructor(scheduler: Scheduler, action: RetriedAction) {
    super();
    this.#scheduler = scheduler;
    this.#action = action;
    this.#beganAtMs = scheduler.nowMs;
    scheduler.schedule(this, (id) => describeCall(action, id));
  }

  override take(event: HistoryEvent): void {
    const { retryOptions } = this.#action;
    if (this.#isWaiting) {
      this.#isWaiting = false;
      if (this.#attempts > retryOptions.maxNumberOfAttempts) {
        this.isSettled = true;
      } else {
        this.#scheduler.schedule(this, (id) => this.#describeAttempt(id));
      }
    } else if (
      event.EventType === EventType.TaskFailed ||
      event.EventType === EventType.SubOrchestrationInstanceFailed
    ) {
      const { Reason = '', Details = '', FailureDetails } = event;
      this.#failure = { reason: Reason, details: Details, failureDetails: FailureDetails };
      const fireAtMs = this.#scheduler.nowMs + this.#delayMs();
      this.#isWaiting = true;
      this.#attempts++;
      this.#scheduler.schedule(this, (id) => ({ id, kind: 'timer', fireAtMs, isCancelled: false }));
    } else {
      this.isSettled = true;
    }
  }

  get #isExpired(): boolean {
    const limit = this.#action.retryOptions.retryTimeoutInMilliseconds;
    return typeof limit === 'number' && this.#scheduler.nowMs >= this.#beganAtMs + limit;
  }

  #describeAttempt(id: number): OrchestrationTask {
    return this.#isExpired
      ? { id, kind: 'expired', name: this.#action.functionName, failure: this.#failure }
      : describeCall(this.#action, id);
  }

  /** None after the last attempt, and none when there is no time for another. */
  #delayMs(): number {
    const options = this.#action.retryOptions;
    if (this.#attempts >= options.maxNumberOfAttempts || this.#isExpired) {
      return 0;
    }
    const grown = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (this.#attempts - 1);
    return Math.min(grown, options.maxRetryIntervalInMilliseconds ?? LONGEST_RETRY_INTERVAL_MS);
  }
}

const MAXIMUM_SHORT_MS = readTimeSpan('maximumShortTimerDuration');
const LONG_INTERVAL_MS = readTimeSpan('longRunningTimerIntervalDuration');

/** A timer. One that is more than six days off is cut into slices of three days. */
export class TimerNode extends Leaf {
  readonly #scheduler: Scheduler;
  readonly #action: OfType<5>;
  readonly #isLong: boolean;
  #hasFired = false;

  constructor(scheduler: Scheduler, action: OfType<5>) {
    super();
    this.#scheduler = scheduler;
    this.#action = action;
    this.#isLong = action.fireAt - scheduler.nowMs > MAXIMUM_SHORT_MS;
    this.isSettled = action.isCanceled;
    this.#scheduleSlice();
  }

  override take(): void {
    if (this.#isLong && this.#action.fireAt > this.#scheduler.nowMs) {
      this.#scheduleSlice();
    } else {
      this.#hasFired = true;
      this.isSettled = true;
    }
  }

  override describe(task: OrchestrationTask): OrchestrationTask {
    return task.kind === 'timer' ? { ...task, isCancelled: this.#action.isCanceled && !this.#hasFired } : task;
  }

  #scheduleSlice(): void {
    const { nowMs } = this.#scheduler;
    const { fireAt } = this.#action;
    const fireAtMs = this.#isLong && fireAt - nowMs > MAXIMUM_SHORT_MS ? nowMs + LONG_INTERVAL_MS : fireAt;
    this.#scheduler.schedule(this, (id) => ({ id, kind: 'timer', fireAtMs, isCancelled: false }));
  }
}

const DEFAULT_POLL_MS = readTimeSpan('defaultHttpAsyncRequestSleep');

/** What an HTTP call's task ends with, as JSON. */
interface HttpResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP call, which follows a 202 with a Location until there is another answer, unless the app asks it not to. */
export class HttpNode extends Leaf {
  readonly #scheduler: Scheduler;
  readonly #request: HttpRequest;
  #timer: number | undefined;
  #poll: number | undefined;

  constructor(scheduler: Scheduler, request: HttpRequest) {
    super();
    this.#scheduler = scheduler;
    this.#request = request;
    scheduler.schedule(this, (id) => ({ id, kind: 'http', request: JSON.stringify(request) }));
  }

  override take(event: HistoryEvent, id: number): void {
    if (id === this.#timer) {
      this.#timer = undefined;
      return;
    }
    const result =
      event.EventType === EventType.TaskCompleted ? (JSON.parse(event.Result ?? '{}') as HttpResult) : undefined;
    const location = result?.statusCode === 202 ? headerOf(result, 'location') : undefined;
    if (result === undefined || location === undefined || !this.#request.asynchronousPatternEnabled) {
      this.isSettled = true;
      return;
    }
    const retryAfter = headerOf(result, 'retry-after');
    const delayMs = retryAfter === undefined ? DEFAULT_POLL_MS : (Number(retryAfter) || 0) * 1000;
    const fireAtMs = this.#scheduler.nowMs + delayMs;
    this.#timer = this.#scheduler.schedule(this, (timer) => ({
      id: timer,
      kind: 'timer',
      fireAtMs,
      isCancelled: false,
    }));
    const { content: _, ...request } = this.#request;
    const poll = JSON.stringify({ ...request, method: 'GET', uri: new URL(location, this.#request.uri).href });
    this.#poll = this.#scheduler.schedule(this, (next) => ({ id: next, kind: 'http', request: poll }));
  }

  override mayBegin(id: number): boolean {
    return id !== this.#poll || this.#timer === undefined;
  }
}

const headerOf = ({ headers = {} }: HttpResult, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] || undefined;

/** Task.all and Task.any. */
export class CompoundNode implements Node {
  readonly #waitsForAll: boolean;
  readonly #children: readonly Node[];

  constructor(waitsForAll: boolean, children: readonly Node[]) {
    this.#waitsForAll = waitsForAll;
    this.#children = children;
  }

  get isSettled(): boolean {
    const isSettled = (child: Node): boolean => child.isSettled;
    return this.#waitsForAll ? this.#children.every(isSettled) : this.#children.some(isSettled);
  }

  take(): void {
    // Its children take what ends.
  }

  collect(into: Set<Node>): void {
    for (const child of this.#children) {
      child.collect(into);
    }
  }

  mayBegin(): boolean {
    return true;
  }

  describe(task: OrchestrationTask): OrchestrationTask {
    return task;
  }
}
