/** What happened in an orchestration, in the numbers of DTFx, on which the library's replay depends. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionFailed: 2,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export type EventTypeNumber = (typeof EventType)[keyof typeof EventType];

/** The details of a failure that an app adds by `setExceptionPropertiesProvider`. */
export interface FailureDetails {
  readonly ErrorType: string;
  readonly ErrorMessage: string;
  readonly StackTrace?: string | undefined;
  readonly IsNonRetriable?: boolean | undefined;
  readonly Properties?: unknown;
  readonly InnerFailure?: unknown;
}

/** One event as DTFx writes it as JSON; which fields there are depends on the type. Times are ISO texts. */
export interface HistoryEvent {
  readonly EventType: EventTypeNumber;
  /** The sequence number of what the event schedules; -1 for all other events. */
  readonly EventId: number;
  readonly Timestamp: string;
  /** True for all that is stored: only what has just arrived is new to the orchestrator. */
  readonly IsPlayed?: boolean | undefined;
  readonly Name?: string | undefined;
  /** JSON text. */
  readonly Input?: string | null | undefined;
  /** JSON text. */
  readonly Result?: string | undefined;
  readonly Reason?: string | undefined;
  readonly Details?: string | undefined;
  readonly FailureDetails?: FailureDetails | undefined;
  readonly TaskScheduledId?: number | undefined;
  readonly TimerId?: number | undefined;
  readonly FireAt?: string | undefined;
  readonly InstanceId?: string | undefined;
  readonly Version?: string | null | undefined;
  readonly OrchestrationStatus?: string | undefined;
  readonly OrchestrationInstance?: { readonly InstanceId: string; readonly ExecutionId: string } | undefined;
  readonly ParentInstance?: unknown;
  /** On OrchestratorCompleted: what the worker's protocol wants to know again at the next replay. */
  readonly Mark?: number | undefined;
}

export const createEvent = (
  type: EventTypeNumber,
  atMs: number,
  fields: Partial<Omit<HistoryEvent, 'EventType' | 'Timestamp'>> = {},
): HistoryEvent => ({
  EventType: type,
  EventId: -1,
  Timestamp: new Date(atMs).toISOString(),
  ...fields,
});

/** The name of an event's type, e.g. `TaskScheduled`. */
export const eventTypeName = (type: EventTypeNumber): string =>
  Object.entries(EventType).find(([, number]) => number === type)?.[0] ?? String(type);
