import { canonicalText, shortHash } from './canonical.ts';
import type { PlannedObject } from './documents/conversion.ts';
import type { Checkpoint, ExecutionDocument } from './documents/execution.ts';
import type { IntegrationDocument } from './documents/integration.ts';
import type { TaskDocument } from './documents/task.ts';

/** Names what an integration reads from. Other settings may mean other records, for which no watermark holds. */
export function sourceOf({ provider, settings }: Pick<IntegrationDocument, 'provider' | 'settings'>): string {
  return shortHash(canonicalText([provider, settings]));
}

/**
 * Watermarks are kept by where a mapping reads, what it does and which publication it is, so that a changed one reads its object anew, and so does one that
 * was taken back: what the other made of the records meanwhile is not what it would.
 */
export function watermarkKey(planned: PlannedObject, { source }: Pick<ExecutionDocument['plan'], 'source'>): string {
  const publication = planned.conversionSchema === undefined ? '' : `:${planned.conversionSchema.publication}`;
  return `${planned.object}:${planned.mappingVersion}:${source ?? ''}${publication}`;
}

/**
 * The watermark that a finished object reaches: the newest modification applied, but never later than the provider's clock at the object's
 * first page, since what changed behind the reader while it read has not been seen.
 */
export function reachedWatermark(checkpoint: Checkpoint): string | undefined {
  const { objectStartedAt: started, newestModifiedAt: newest } = checkpoint;
  if (started === undefined) return undefined;
  return newest !== undefined && newest < started ? newest : started;
}

/** A task's watermarks after a run that reached `reached`; none moves back. */
export function raiseWatermarks(
  before: Readonly<Record<string, string>>,
  reached: Readonly<Record<string, string>>,
): Record<string, string> {
  const after = { ...before };
  for (const [key, instant] of Object.entries(reached)) {
    const known = after[key];
    if (known === undefined || known < instant) after[key] = instant;
  }
  return after;
}

/** Where the next read begins, inclusive: the watermark less the look-back, for rows that become visible late. */
export function sinceOf(
  task: Pick<TaskDocument, 'watermarks' | 'lookBackSeconds'>,
  watermarkKey: string,
): string | undefined {
  const watermark = task.watermarks[watermarkKey];
  if (watermark === undefined) return undefined;
  return new Date(Date.parse(watermark) - task.lookBackSeconds * 1000).toISOString();
}
