import type { FailureDetails, HistoryEvent } from '../history-event.ts';

/**
 * How the engine has the app's functions run. The engine knows DTFx's history and its tasks; how a worker is told of them
 * and answers is the matter of a protocol: version 3 of durable-functions speaks JSON through the Functions host, version 4
 * will speak gRPC.
 */
export interface Worker {
  readonly orchestrators: readonly string[];
  readonly activities: readonly string[];
  readonly entities: readonly string[];
  /** The registered name of a function, found in any case of letters, as the extension does; undefined when there is none. */
  find(kind: 'orchestrator' | 'activity' | 'entity', name: string): string | undefined;
  /** Replays an orchestrator and says what is to be done next. Rejects only when the worker has ended. */
  runOrchestrator(turn: OrchestratorTurn): Promise<Decision>;
  /** Rejects only when the worker has ended: nothing is known then of what the activity has done. */
  runActivity(call: ActivityCall): Promise<TaskOutcome>;
  /** Rejects only when the worker has ended. */
  runEntity(batch: EntityBatch): Promise<EntityAnswer>;
}

export interface OrchestratorTurn {
  readonly name: string;
  readonly instanceId: string;
  readonly parentInstanceId: string | undefined;
  /** JSON text; undefined when it was started without. */
  readonly input: string | undefined;
  /** JSON of the events of all turns before, with commas between them. */
  readonly past: string;
  readonly startedAtMs: number;
  /** What has come in since the last turn, in order. */
  readonly arrived: readonly HistoryEvent[];
}

/** Something the orchestrator has asked for; `id` is its sequence number within the execution. */
export type OrchestrationTask = { readonly id: number } & (
  | { readonly kind: 'activity'; readonly name: string; readonly input: string | undefined }
  /** An attempt that its retry policy's time limit forbids: it fails as the one before did. */
  | { readonly kind: 'expired'; readonly name: string; readonly failure: Failure }
  | { readonly kind: 'http'; readonly request: string }
  | {
      readonly kind: 'subOrchestration';
      readonly name: string;
      readonly instanceId: string | undefined;
      readonly version: string | undefined;
      readonly input: string | undefined;
    }
  | { readonly kind: 'timer'; readonly fireAtMs: number; readonly isCancelled: boolean }
  | {
      readonly kind: 'entityCall' | 'entitySignal';
      readonly entityId: string;
      readonly operation: string;
      readonly input: string | undefined;
    }
);

export interface Failure {
  readonly reason: string;
  readonly details: string;
  readonly failureDetails?: FailureDetails | undefined;
}

export type TaskOutcome =
  /** JSON text. */
  { readonly kind: 'completed'; readonly result: string } | ({ readonly kind: 'failed' } & Failure);

export interface Decision {
  /** How many of the events that had arrived were looked at; the rest comes again in the next turn. */
  readonly taken: number;
  /** In the order of their ids; none of them is in the history. */
  readonly schedule: readonly OrchestrationTask[];
  /** Timers whose firing nobody waits for any more. */
  readonly cancelTimers: readonly number[];
  /** JSON text; undefined leaves it as it is. */
  readonly customStatus: string | undefined;
  /** Which of the taken events nobody waited for. */
  readonly unconsumed: readonly number[];
  /** How many activities, HTTP calls and sub-orchestrations are under way. */
  readonly running: number;
  /** Kept with the turn for the next replay. */
  readonly mark: number;
  readonly outcome:
    | { readonly kind: 'open' }
    | { readonly kind: 'completed'; readonly output: string }
    | ({ readonly kind: 'failed' } & Failure)
    | { readonly kind: 'continuedAsNew'; readonly input: string | undefined };
}

export interface ActivityCall {
  readonly name: string;
  readonly instanceId: string;
  /** JSON text. */
  readonly input: string | undefined;
}

export interface EntityBatch {
  readonly name: string;
  readonly entityId: string;
  /** JSON text; undefined when there is none. */
  readonly state: string | undefined;
  readonly exists: boolean;
  readonly operations: readonly {
    readonly name: string;
    readonly input: string | undefined;
    readonly isSignal: boolean;
  }[];
}

export interface EntityAnswer {
  readonly exists: boolean;
  readonly state: string | undefined;
  /** One an operation, in order. */
  readonly results: readonly { readonly isError: boolean; readonly result: string | undefined }[];
  readonly signals: readonly {
    readonly entityId: string;
    readonly operation: string;
    readonly input: string | undefined;
  }[];
}
