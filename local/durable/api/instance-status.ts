import { EventType, type EventTypeNumber, eventTypeName, type HistoryEvent } from '../history-event.ts';
import type { HubStore, StoredHistory } from '../store/hub-store.ts';
import type { Instance } from '../store/instance.ts';

export interface StatusOptions {
  readonly showInput: boolean;
  readonly showHistory: boolean;
  readonly showHistoryOutput: boolean;
}

/** The extension writes no fractions of seconds here. */
const toSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const parse = (json: string | undefined): unknown => (json === undefined ? null : JSON.parse(json));

/** What the API says of an instance. */
export const describeInstance = (store: HubStore, instance: Instance, options: StatusOptions): object => {
  const { input, output } = store.findPayloads(instance.id);
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? parse(input) : null,
    customStatus: parse(instance.customStatus),
    output: parse(output),
    createdTime: toSeconds(instance.createdMs),
    lastUpdatedTime: toSeconds(instance.updatedMs),
    ...(options.showHistory
      ? { historyEvents: describeHistory(store.readHistory(instance.execution), options.showHistoryOutput) }
      : {}),
  };
};

const HIDDEN: ReadonlySet<EventTypeNumber> = new Set([
  EventType.OrchestratorStarted,
  EventType.OrchestratorCompleted,
  EventType.TaskScheduled,
  EventType.SubOrchestrationInstanceCreated,
  EventType.TimerCreated,
]);

/** One line for each thing that ended, with the name and the time of what began it, as the extension folds them. */
const describeHistory = ({ events: json }: StoredHistory, showOutput: boolean): object[] => {
  const events = JSON.parse(`[${json}]`) as HistoryEvent[];
  const scheduled = new Map(events.filter(({ EventId }) => EventId >= 0).map((event) => [event.EventId, event]));
  const name = events.find((event) => event.EventType === EventType.ExecutionStarted)?.Name;
  return events
    .filter((event) => !HIDDEN.has(event.EventType))
    .map((event) => {
      const begun = scheduled.get(event.TaskScheduledId ?? event.TimerId ?? -1);
      const {
        EventType: type,
        EventId: _id,
        Mark: _mark,
        IsPlayed: _played,
        Result,
        Input,
        Name,
        Timestamp,
        TaskScheduledId: _task,
        ...rest
      } = event;
      return {
        EventType: eventTypeName(type),
        Timestamp,
        ...(begun === undefined ? {} : { ScheduledTime: begun.Timestamp }),
        ...(begun?.Name === undefined ? {} : { FunctionName: begun.Name }),
        ...(type === EventType.ExecutionStarted ? { FunctionName: name } : {}),
        ...(type !== EventType.ExecutionStarted && Name !== undefined ? { Name } : {}),
        ...(showOutput && Result !== undefined ? { Result: parse(Result) } : {}),
        ...(showOutput && typeof Input === 'string' ? { Input: parse(Input) } : {}),
        ...rest,
      };
    });
};
