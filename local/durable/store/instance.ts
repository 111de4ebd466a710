export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

export const isFinal = (status: RuntimeStatus): boolean => FINAL.has(status);
const FINAL: ReadonlySet<RuntimeStatus> = new Set(['Completed', 'Failed', 'Terminated']);

export interface Parent {
  readonly instance: string;
  readonly execution: number;
  readonly task: number;
}

export interface Instance {
  readonly id: string;
  /** Counts executions of all instances: a new one after each start and each continue-as-new. */
  readonly execution: number;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly status: RuntimeStatus;
  /** JSON text. */
  readonly customStatus: string | undefined;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** The time of the last turn; turns never go back in time. */
  readonly turnMs: number;
  readonly parent: Parent | undefined;
}

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const toInstance = (row: Readonly<Record<string, unknown>>): Instance => ({
  id: String(row['id']),
  execution: Number(row['execution']),
  executionId: String(row['execution_id']),
  name: String(row['name']),
  version: text(row['version']),
  status: row['status'] as RuntimeStatus,
  customStatus: text(row['custom_status']),
  createdMs: Number(row['created_ms']),
  updatedMs: Number(row['updated_ms']),
  turnMs: Number(row['turn_ms']),
  parent:
    row['parent_id'] === null
      ? undefined
      : {
          instance: String(row['parent_id']),
          execution: Number(row['parent_execution']),
          task: Number(row['parent_task']),
        },
});
