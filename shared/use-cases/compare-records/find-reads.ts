import { CorruptDocument } from '../../core/app-error.ts';
import { judgeRead, type Unproven, type WholeRead } from '../../core/compare-records.ts';
import type { ExecutionDocument } from '../../core/documents/execution.ts';
import { runIdOf } from '../../core/documents/execution.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { readPartitions } from '../bulk-run.ts';

/** What a run has read, to be compared with the links. */
export interface Reads {
  readonly run: ExecutionDocument;
  readonly of: (object: string) => WholeRead | Unproven;
}

/** @param comparing the run itself, or the partition of it that compares what all of them have read */
export async function findReads(deps: Pick<Deps, 'runs'>, scope: Scope, comparing: ExecutionDocument): Promise<Reads> {
  const id = runIdOf(comparing);
  const run =
    id === comparing.id ? comparing : (await deps.runs.executions.get(scope, { id, partition: id }))?.document;
  if (run === undefined) throw new CorruptDocument(`execution ${comparing.id}`, 'the run that it belongs to is gone');
  const partitions = (await readPartitions(deps, scope, run)).map(({ document }) => document);
  const judged = new Map<string, WholeRead | Unproven>();
  return {
    run,
    of: (object) => {
      const known = judged.get(object) ?? judgeRead(run, partitions, object);
      judged.set(object, known);
      return known;
    },
  };
}
