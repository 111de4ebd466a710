import type { Checkpoint } from './documents/execution.ts';
import type { TaskDocument } from './documents/task.ts';

/**
 * The watermark that a finished object reaches: the newest modification applied, but never later than the provider's clock at the object's
 * first page, since what changed behind the reader while it read has not been seen. It never moves back.
 */
export function reachedWatermark(checkpoint: Checkpoint, previous: string | undefined): string | undefined {
  const started = checkpoint.objectStartedAt;
  if (started === undefined) return previous;
  const newest = checkpoint.newestModifiedAt;
  const reached = newest !== undefined && newest < started ? newest : started;
  return previous !== undefined && previous > reached ? previous : reached;
}

/** Where the next read begins, inclusive: the watermark less the look-back, for rows that become visible late. */
export function sinceOf(
  task: Pick<TaskDocument, 'watermarks' | 'lookBackSeconds'>,
  mappingKey: string,
): string | undefined {
  const watermark = task.watermarks[mappingKey];
  if (watermark === undefined) return undefined;
  return new Date(Date.parse(watermark) - task.lookBackSeconds * 1000).toISOString();
}
