import type { OrchestrationTask } from '../engine/worker.ts';
import { EventType, type HistoryEvent } from '../history-event.ts';
import { type Action, ActionType } from './action.ts';
import { HttpNode } from './http-node.ts';
import { CompoundNode, EventNode, type Node, type Scheduler, SettledNode, TaskNode } from './node.ts';
import { RetryNode } from './retry-node.ts';
import { TimerNode } from './timer-node.ts';

/** One run of the orchestrator: what it was told, and how many actions it had asked for when it gave way. */
export interface Turn {
  readonly startedAtMs: number;
  readonly events: readonly HistoryEvent[];
  /** Undefined for the turn that is being decided: all of them. */
  readonly actionCount: number | undefined;
}

export interface Replay {
  /** Everything asked for so far, by sequence number, as far as it may be begun. */
  readonly tasks: ReadonlyMap<number, OrchestrationTask>;
  /** True when everything asked for is settled and nothing is open: only then an instance can end. */
  readonly isSettled: boolean;
  /** How many activities, HTTP calls and sub-orchestrations have begun and not ended. */
  readonly running: number;
  /** Events of the last turn that nobody has waited for yet, by their place in it. */
  readonly unconsumed: readonly number[];
  /**
   * How many events of the last turn can be taken at once. Fewer than there are when one of them takes a sequence number
   * of its own and it cannot be told whether that came before or after the numbers of the new actions.
   */
  readonly unambiguous: number;
  /** Set when the orchestrator no longer asks for what it once asked for. */
  readonly divergence: string | undefined;
}

/**
 * Finds the sequence number of everything that an orchestrator has asked for. Neither side of the protocol names them: the
 * library counts in the order in which its tasks are opened, so this does the same. A retry, the next slice of a long
 * timer and the next poll of an HTTP call are opened when the event before them arrives; all else at its `yield`.
 */
export const replay = (turns: readonly Turn[], actions: readonly Action[]): Replay => new Replayer(actions).run(turns);

class Replayer implements Scheduler {
  readonly #actions: readonly Action[];
  readonly #top: Node[] = [];
  /** Who waits for the end of the task with this number. */
  readonly #waiting = new Map<number, Node>();
  readonly #tasks = new Map<number, { task: OrchestrationTask; owner: Node }>();
  readonly #waitingForEvent = new Map<string, EventNode[]>();
  /** Places in the current turn, or -1 for older ones, of events that came before anybody waited for them. */
  readonly #early = new Map<string, number[]>();
  readonly #calls = new Map<string, number>();
  #nextId = 0;
  nowMs = 0;

  constructor(actions: readonly Action[]) {
    this.#actions = actions;
  }

  run(turns: readonly Turn[]): Replay {
    let unambiguous = 0;
    for (const [index, turn] of turns.entries()) {
      const isLast = index === turns.length - 1;
      this.nowMs = turn.startedAtMs;
      this.#forgetPlaces();
      let firstLateNumber = Number.POSITIVE_INFINITY;
      for (const [place, event] of turn.events.entries()) {
        const before = this.#nextId;
        this.#takeEvent(event, place);
        if (this.#nextId > before && place > 0) {
          firstLateNumber = Math.min(firstLateNumber, place);
        }
      }
      const count = turn.actionCount ?? this.#actions.length;
      if (count > this.#actions.length) {
        return this.#result(turn.events.length, `it asked for ${count} things before, now for ${this.#actions.length}`);
      }
      const hasNewActions = count > this.#top.length;
      if (isLast) {
        unambiguous = hasNewActions ? Math.min(firstLateNumber, turn.events.length) : turn.events.length;
      }
      for (const action of this.#actions.slice(this.#top.length, count)) {
        this.#top.push(this.#open(action));
      }
    }
    return this.#result(unambiguous, undefined);
  }

  /** Takes the next number for a task and waits for its end. */
  schedule(owner: Node, describe: (id: number) => OrchestrationTask): number {
    const id = this.#nextId++;
    this.#tasks.set(id, { task: describe(id), owner });
    this.#waiting.set(id, owner);
    return id;
  }

  #open(action: Action): Node {
    switch (action.actionType) {
      case ActionType.CallActivity:
      case ActionType.CallSubOrchestrator:
      case ActionType.CallEntity:
        return new TaskNode(this, action);
      case ActionType.SignalEntity: {
        const node = new TaskNode(this, action);
        return new SettledNode(node);
      }
      case ActionType.CallActivityWithRetry:
      case ActionType.CallSubOrchestratorWithRetry:
        return new RetryNode(this, action);
      case ActionType.CreateTimer:
        return new TimerNode(this, action);
      case ActionType.CallHttp:
        return new HttpNode(this, action.httpRequest);
      case ActionType.WaitForExternalEvent:
        return this.#waitForEvent(action.externalEventName);
      case ActionType.ContinueAsNew:
        return new SettledNode();
      case ActionType.WhenAny:
      case ActionType.WhenAll:
        return new CompoundNode(
          action.actionType === ActionType.WhenAll,
          action.compoundActions.map((child) => this.#open(child)),
        );
    }
  }

  #waitForEvent(name: string): EventNode {
    const node = new EventNode();
    const early = this.#early.get(name);
    if (early !== undefined && early.length > 0) {
      early.shift();
      node.isSettled = true;
    } else {
      const waiting = this.#waitingForEvent.get(name) ?? [];
      waiting.push(node);
      this.#waitingForEvent.set(name, waiting);
    }
    return node;
  }

  #takeEvent(event: HistoryEvent, place: number): void {
    switch (event.EventType) {
      case EventType.TaskCompleted:
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceCompleted:
      case EventType.SubOrchestrationInstanceFailed:
        this.#settle(event.TaskScheduledId, event);
        break;
      case EventType.TimerFired:
        this.#settle(event.TimerId, event);
        break;
      case EventType.EventSent: {
        const { id } = JSON.parse(event.Input ?? '{}') as { id: string };
        this.#calls.set(id, event.EventId);
        break;
      }
      case EventType.EventRaised:
        this.#raise(event, place);
        break;
      default:
        break;
    }
  }

  #settle(id: number | undefined, event: HistoryEvent): void {
    const owner = id === undefined ? undefined : this.#waiting.get(id);
    if (id !== undefined && owner !== undefined) {
      this.#waiting.delete(id);
      owner.take(event, id);
    }
  }

  #raise(event: HistoryEvent, place: number): void {
    const name = event.Name ?? '';
    const call = this.#calls.get(name);
    if (call !== undefined) {
      this.#settle(call, event);
      return;
    }
    // The library gives an event to the one who began to wait last.
    const node = this.#waitingForEvent.get(name)?.pop();
    if (node !== undefined) {
      node.isSettled = true;
    } else {
      const early = this.#early.get(name) ?? [];
      early.push(place);
      this.#early.set(name, early);
    }
  }

  #forgetPlaces(): void {
    for (const places of this.#early.values()) {
      places.fill(-1);
    }
  }

  #result(unambiguous: number, divergence: string | undefined): Replay {
    const begun = new Set<Node>();
    let isSettled = true;
    for (const node of this.#top) {
      // As DTFx awaits one action after the other, what follows a Task.all that has failed in the library begins only
      // when all of its tasks have ended.
      if (!isSettled) {
        break;
      }
      node.collect(begun);
      isSettled = node.isSettled;
    }
    const tasks = new Map<number, OrchestrationTask>();
    for (const [id, { task, owner }] of this.#tasks) {
      if (begun.has(owner) && owner.mayBegin(id)) {
        tasks.set(id, owner.describe(task));
      }
    }
    const open = [...this.#waiting.keys()]
      .map((id) => tasks.get(id))
      .filter((task) => task !== undefined && keepsOpen(task));
    const running = open.filter((task) => task?.kind !== 'timer').length;
    const unconsumed = [...this.#early.values()].flat().filter((place) => place >= 0);
    return { tasks, isSettled: isSettled && open.length === 0, running, unconsumed, unambiguous, divergence };
  }
}

const keepsOpen = (task: OrchestrationTask): boolean => {
  switch (task.kind) {
    case 'timer':
      return !task.isCancelled;
    case 'entityCall':
    case 'entitySignal':
      return false;
    default:
      return true;
  }
};
