import durable, { type OrchestrationContext, type Task } from 'durable-functions';

/** 17 activity runs: two in a row, eight at once, three of one with a retry policy, four in a sub-orchestration; two timers. */
export function* runWorkload({ df }: OrchestrationContext): Generator<Task, string, unknown> {
  const later = (ms: number): Date => new Date(df.currentUtcDateTime.getTime() + ms);
  yield df.callActivity('greet', 'one');
  yield df.createTimer(later(1));
  yield df.Task.all(Array.from({ length: 8 }, (_, index) => df.callActivity('greet', index)));
  yield df.callActivityWithRetry('failTwice', new durable.RetryOptions(1, 3), df.instanceId);
  const timeout = df.createTimer(later(3_600_000));
  yield df.Task.any([df.callActivity('greet', 'two'), timeout]);
  timeout.cancel();
  yield df.callSubOrchestrator('workloadPart');
  return 'done';
}

export function* runWorkloadPart({ df }: OrchestrationContext): Generator<Task, void, unknown> {
  yield df.callActivity('greet', 'three');
  yield df.Task.all(Array.from({ length: 3 }, (_, index) => df.callActivity('greet', index)));
}

const failures = new Map<string, number>();

/** Fails at the first two runs for each input. */
export function failTwice(input: unknown): string {
  const failed = failures.get(String(input)) ?? 0;
  if (failed === 2) {
    failures.delete(String(input));
    return 'done';
  }
  failures.set(String(input), failed + 1);
  throw new Error('not yet');
}
