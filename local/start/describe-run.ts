import type { Execution } from './demo.ts';

/** One line about a run that has not ended. */
export function describeProgress(run: Execution): string {
  const { object = 'finishing', expectedRecords } = run.progress;
  const read = `${run.counts.received}${expectedRecords === undefined ? '' : ` of ${expectedRecords}`} records read`;
  return [`${object}: ${read}`, ...stateOf(run)].join(', ');
}

function stateOf({ state, problem, waitingUntil }: Execution): string[] {
  if (state === 'running') return [];
  if (state === 'waiting')
    return [`waiting until ${waitingUntil ?? 'it is back'}: ${problem ?? 'the provider is busy'}`];
  if (state === 'paused') return ['paused by a person until it is resumed'];
  return [state];
}

/** One line about a run that has ended. */
export function describeRun(run: Execution): string {
  const { created, updated, unchanged, failed } = run.counts;
  const { recordsPerSecond } = run.progress;
  const rate = recordsPerSecond === undefined ? '' : ` (${Math.round(recordsPerSecond)} records/s)`;
  const outcome = `${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} failed`;
  return `The sync ${endOf(run)}: ${outcome}${rate}.${run.problem === undefined ? '' : ` ${run.problem}`}`;
}

function endOf({ state }: Execution): string {
  if (state === 'cancelled') return 'was cancelled';
  return state === 'partial' ? 'succeeded in part' : state;
}
