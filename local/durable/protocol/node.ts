import type { OrchestrationTask } from '../engine/worker.ts';
import type { HistoryEvent } from '../history-event.ts';
import { type Action, ActionType } from './action.ts';

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

export abstract class Leaf implements Node {
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

export type OfType<Type extends number> = Extract<Action, { readonly actionType: Type }>;
type SingleAction = OfType<0 | 2 | 7 | 9>;
export type RetriedAction = OfType<1 | 3>;

/** JSON text of an input; undefined for none. Activities' texts come as JSON already. */
const toInput = (input: unknown): string | undefined => (input === undefined ? undefined : JSON.stringify(input));
const toActivityInput = (input: unknown): string | undefined => (typeof input === 'string' ? input : toInput(input));

export const describeCall = (action: SingleAction | RetriedAction, id: number): OrchestrationTask => {
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
