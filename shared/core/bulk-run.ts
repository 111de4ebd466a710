import type { PullRange } from './adapter.ts';
import { endCancelled, endWell, fail, nothingYet } from './advance-execution.ts';
import { isComparing } from './compare-records.ts';
import { addCounts } from './counts.ts';
import { type ExecutionDocument, partitionIdOf } from './documents/execution.ts';
import type { EngineSettings } from './engine-settings.ts';
import { isTerminal } from './execution-states.ts';
import { forgetReceived, noteObject } from './object-progress.ts';
import { isWholeRead } from './object-read.ts';
import { reachedWatermark, watermarkKey } from './watermark.ts';

type Execution = ExecutionDocument;

/** More would only make the plan longer. */
const mostPartitions = 64;
/** When nothing tells how large an object is. */
const partitionsOfUnknown = 8;

/** Whether a run that is not worked on in partitions yet should be. */
export function wantsBulk(execution: Execution, settings: Pick<EngineSettings, 'bulkAboveRecords'>): boolean {
  const { plan, bulk, partition, progress, counts, state } = execution;
  if (
    plan.pushOnly === true ||
    plan.failedOf !== undefined ||
    partition !== undefined ||
    bulk !== undefined ||
    isTerminal({ state })
  )
    return false;
  if (isComparing(execution)) return false;
  if (plan.bulk !== 'auto') return plan.bulk === 'always';
  const expected = Object.values(progress).reduce((sum, object) => sum + (object.expected ?? object.received), 0);
  return Math.max(expected, counts.received) > settings.bulkAboveRecords;
}

/** A new orchestration takes the run over: what an earlier one still does for it counts no more. */
export function beginBulk(execution: Execution, fence: number, now: string): Execution {
  const { waitingUntil: _waitingUntil, ...rest } = execution;
  const { counts, pages, progress } = execution;
  return {
    ...rest,
    state: 'running',
    fence,
    bulk: {
      generation: (execution.bulk?.generation ?? 0) + 1,
      partitions: execution.bulk?.partitions ?? 0,
      ...(execution.bulk?.compares === true ? { compares: true as const } : {}),
      before: execution.bulk?.before ?? { counts, pages, progress },
    },
    startedAt: execution.startedAt ?? now,
    updatedAt: now,
  };
}

/** How many ranges an object should be cut into. */
export function wantedParts(
  { progress }: Pick<Execution, 'progress'>,
  objectIndex: number,
  settings: Pick<EngineSettings, 'partitionRecords'>,
): number {
  const expected = progress[objectIndex]?.expected;
  if (expected === undefined) return partitionsOfUnknown;
  return Math.min(mostPartitions, Math.max(1, Math.ceil(expected / settings.partitionRecords)));
}

/**
 * The partitions of what the run has left: the object that it is in the midst of goes on from its checkpoint, the others are read in ranges.
 *
 * @param rangesOf of an object, by its index; the same whenever it is asked
 */
export function planPartitions(
  execution: Execution,
  rangesOf: (objectIndex: number) => readonly PullRange[],
  now: string,
): Execution[] {
  const { plan, checkpoint } = execution;
  const partitions: Execution[] = [];
  for (let objectIndex = checkpoint.objectIndex; objectIndex < plan.objects.length; objectIndex += 1) {
    const isBegun = objectIndex === checkpoint.objectIndex && checkpoint.objectStartedAt !== undefined;
    const ranges = isBegun && !isHardlyBegun(execution) ? [] : rangesOf(objectIndex);
    for (const range of ranges.length > 1 ? ranges : [undefined]) {
      const begun = isBegun && range === undefined ? { ...checkpoint, objectIndex: 0 } : undefined;
      partitions.push(partitionOf(execution, partitions.length, objectIndex, { range, begun, now }));
    }
  }
  const isCompared = plan.objects.some((_, objectIndex) => isWholeRead(execution, objectIndex));
  // What was read side by side is compared as one, when all of it has been read.
  if (isCompared) partitions.push(partitionOf(execution, partitions.length, plan.objects.length, comparing(now)));
  return partitions;
}

/** The partition that compares what the others have read with the links. */
export function readsNothing({ plan }: Pick<Execution, 'plan'>): boolean {
  return plan.objects.length === 0;
}

function comparing(now: string): { range: undefined; begun: undefined; now: string } {
  return { range: undefined, begun: undefined, now };
}

/** The run that has its partitions. What it received of the objects that they read, they count: those that go on have it, those that begin read it again. */
export function notePartitions(execution: Execution, partitions: readonly Execution[], now: string): Execution {
  if (execution.bulk === undefined) throw new TypeError('The run is not worked on in partitions');
  let { progress } = execution;
  for (const { partition } of partitions)
    if (partition !== undefined) progress = forgetReceived(progress, partition.objectIndex);
  const before = { ...execution.bulk.before, progress };
  const compares = partitions.some(readsNothing) ? { compares: true as const } : {};
  return {
    ...execution,
    bulk: { ...execution.bulk, partitions: partitions.length, ...compares, before },
    updatedAt: now,
  };
}

/** So little of it has been read that reading that again, in ranges, is the shorter way. */
function isHardlyBegun({ progress, checkpoint }: Execution): boolean {
  if (checkpoint.inherited === true) return false;
  const { received = 0, expected = 0 } = progress[checkpoint.objectIndex] ?? {};
  return received * 10 <= expected;
}

function partitionOf(
  execution: Execution,
  index: number,
  objectIndex: number,
  given: { range: PullRange | undefined; begun: Execution['checkpoint'] | undefined; now: string },
): Execution {
  const { tenantId, integrationId, taskId, mode, trigger, plan } = execution;
  const id = partitionIdOf(execution.id, index);
  const progress = given.begun === undefined ? undefined : execution.progress[objectIndex];
  return {
    id,
    executionId: id,
    tenantId,
    kind: 'partition',
    schemaVersion: 1,
    integrationId,
    taskId,
    state: 'queued',
    mode,
    trigger,
    plan: {
      ...plan,
      objects: plan.objects.slice(objectIndex, objectIndex + 1),
      ...(given.range === undefined ? {} : { range: given.range }),
    },
    partition: { of: execution.id, index, objectIndex },
    checkpoint: given.begun ?? { objectIndex: 0, restarted: false },
    watermarks: {},
    ...nothingYet(),
    progress: progress === undefined ? {} : { 0: progress },
    createdAt: given.now,
    updatedAt: given.now,
  };
}

/** The run with what it and its partitions have done so far. Partitions that made progress show that the run has its workers. */
export function sumPartitions(execution: Execution, partitions: readonly Execution[], now: string): Execution {
  if (execution.bulk === undefined) throw new TypeError('The run has no partitions');
  let { counts, pages, progress } = execution.bulk.before;
  for (const each of partitions) {
    counts = addCounts(counts, each.counts);
    pages += each.pages;
  }
  for (const objectIndex of execution.plan.objects.keys()) {
    const own = partitions.filter(({ partition }) => partition?.objectIndex === objectIndex);
    if (own.length === 0) continue;
    const expected = own.every((each) => each.progress[0]?.expected !== undefined)
      ? own.reduce((sum, each) => sum + (each.progress[0]?.expected ?? 0), 0)
      : undefined;
    const problem = own.flatMap((each) => each.progress[0]?.problem ?? [])[0];
    progress = noteObject(progress, objectIndex, {
      received: own.reduce((sum, each) => sum + (each.progress[0]?.received ?? 0), 0),
      expected,
      ...(problem === undefined ? {} : { problem }),
    });
  }
  const advanced = pages > execution.pages;
  return {
    ...execution,
    counts,
    pages,
    progress,
    revivals: advanced ? 0 : execution.revivals,
    updatedAt: advanced ? now : execution.updatedAt,
  };
}

/** A run waits when every partition that is left does. */
export function showWaiting(execution: Execution, partitions: readonly Execution[]): Execution {
  const { waitingUntil: _waitingUntil, problem: _problem, ...rest } = execution;
  const left = partitions.filter((each) => !isTerminal(each));
  const soonest = left.toSorted((a, b) => ((a.waitingUntil ?? '') < (b.waitingUntil ?? '') ? -1 : 1))[0];
  if (soonest?.waitingUntil === undefined || left.some(({ state }) => state !== 'waiting'))
    return { ...rest, state: 'running' };
  const { waitingUntil, problem } = soonest;
  return { ...rest, state: 'waiting', waitingUntil, ...(problem === undefined ? {} : { problem }) };
}

/** The end of a run all of whose partitions have ended. */
export function endBulk(execution: Execution, partitions: readonly Execution[], now: string): Execution {
  const comparison = partitions.find(readsNothing)?.comparison;
  const summed = { ...sumPartitions(execution, partitions, now), ...(comparison === undefined ? {} : { comparison }) };
  if (summed.state === 'cancelling' || partitions.some(isCancelled)) {
    return endCancelled(summed, now);
  }
  const stopped = partitions.find((each) => each.state === 'failed' && each.progress[0]?.problem === undefined);
  if (stopped !== undefined) return fail(summed, stopped.problem ?? 'A partition failed.', now);
  const watermarks = { ...execution.watermarks };
  for (const [objectIndex, mapping] of execution.plan.objects.entries()) {
    const own = partitions.filter(({ partition }) => partition?.objectIndex === objectIndex);
    const reached = own.length === 0 ? undefined : reachedBy(own);
    if (reached !== undefined) watermarks[watermarkKey(mapping, execution.plan)] = reached;
  }
  const checkpoint = { objectIndex: execution.plan.objects.length, restarted: false };
  const { waitingUntil: _waitingUntil, problem: _problem, ...rest } = summed;
  return endWell({ ...rest, watermarks, checkpoint, attempt: 0, revivals: 0 }, now);
}

function isCancelled({ state }: Execution): boolean {
  return state === 'cancelled';
}

/** As of one read that began when the first partition did and saw all that they saw. */
function reachedBy(partitions: readonly Execution[]): string | undefined {
  if (partitions.some(({ state }) => state !== 'succeeded' && state !== 'partial')) return undefined;
  const started = partitions.flatMap(({ checkpoint }) => checkpoint.objectStartedAt ?? []).sort()[0];
  const newest = partitions
    .flatMap(({ checkpoint }) => checkpoint.newestModifiedAt ?? [])
    .sort()
    .at(-1);
  if (started === undefined) return undefined;
  return reachedWatermark({
    objectIndex: 0,
    restarted: false,
    objectStartedAt: started,
    ...(newest === undefined ? {} : { newestModifiedAt: newest }),
  });
}
