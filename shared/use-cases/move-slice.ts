import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { Note } from '../core/log-entries.ts';
import { obey, type Slice } from './begin-slice.ts';
import { type Move, moveExecution } from './move-execution.ts';

/** Whether the run is to be worked on again, and in how many milliseconds. */
export type SliceEnd = { readonly goesOn: true; readonly delayMs: number } | { readonly goesOn: false };

export const stop: SliceEnd = { goesOn: false };
export const goOn: SliceEnd = { goesOn: true, delayMs: 0 };

/** False when the run is not ours to go on with: another worker has it, or a person has stopped it, which is then done. */
export async function move(
  slice: Slice,
  change: (execution: ExecutionDocument, now: string) => ExecutionDocument,
  notes: readonly Note[] = [],
  missing?: Move['missing'],
): Promise<boolean> {
  const { deps, scope } = slice;
  for (;;) {
    const { document } = slice.run;
    const execution = change(document, deps.now().toISOString());
    const moved = await moveExecution(deps, scope, slice.run, { execution, notes, missing });
    if (moved !== undefined) {
      slice.run = moved;
      return true;
    }
    const now = await deps.runs.executions.get(scope, { id: document.id, partition: document.executionId });
    if (now === undefined || now.document.fence !== document.fence || now.document.pages !== document.pages)
      return false;
    slice.run = now;
    if (now.document.state !== 'running') {
      await obey(slice);
      return false;
    }
  }
}
