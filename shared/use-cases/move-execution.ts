import type { MissingDocument } from '../core/documents/comparison.ts';
import type { ExecutionDocument, PageDocument } from '../core/documents/execution.ts';
import { canFollow, isTerminal } from '../core/execution-states.ts';
import { logDocumentOf, type Note, noteTransition } from '../core/log-entries.ts';
import type { Deps, RunChange, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { countInterruptedPage } from './count-interrupted-page.ts';
import type { MergeNeeds } from './merge-shards/complete-merge.ts';

type Needs = Pick<Deps, 'runs' | 'newId' | 'now'>;

export interface Move {
  readonly execution: ExecutionDocument;
  /** Why the state changes, where the run's own problem does not say it. */
  readonly cause?: string | undefined;
  readonly page?: PageDocument;
  /** Links that it found missing. */
  readonly missing?: MissingDocument | undefined;
  /** What else is to be noted of the run. */
  readonly notes?: readonly Note[];
}

/**
 * The one way to change a run: conditional on its ETag, only to a state that may follow, with the change of state in its log, as one write.
 * A run that ends otherwise than with a page counts what its interrupted page wrote.
 *
 * @returns the moved run; `undefined` when someone else moved it, or it is gone
 * @throws Error for a state that may not follow: a bug
 */
export async function moveExecution(
  deps: Needs & MergeNeeds,
  scope: Scope,
  stored: Stored<ExecutionDocument>,
  { execution: asked, cause, page, missing, notes = [] }: Move,
): Promise<Stored<ExecutionDocument> | undefined> {
  const from = stored.document.state;
  if (!canFollow(from, asked.state)) throw new Error(`A run that is ${from} can't become ${asked.state}`);
  const isEnd = page === undefined && isTerminal(asked);
  const execution = isEnd ? await countInterruptedPage(deps, scope, asked) : asked;
  const transition = noteTransition(from, execution, cause);
  const result = await deps.runs.commit(
    scope,
    {
      execution,
      ...(page === undefined ? {} : { page }),
      ...(missing === undefined ? {} : { missing }),
      log: logOf(deps, scope, execution, transition === undefined ? notes : [...notes, transition]),
    },
    stored.etag,
  );
  return result.ok ? { document: execution, etag: result.etag } : undefined;
}

/** Writes a new run, with its first state in the log. One that is there already stays as it is. */
export async function createExecution(deps: Needs, scope: Scope, execution: ExecutionDocument): Promise<void> {
  const transition = noteTransition(undefined, execution, `started by ${execution.trigger}`);
  await deps.runs.create(scope, {
    execution,
    log: logOf(deps, scope, execution, transition === undefined ? [] : [transition]),
  });
}

function logOf(
  deps: Needs,
  scope: Scope,
  execution: ExecutionDocument,
  notes: readonly Note[],
): NonNullable<RunChange['log']> {
  const at = deps.now().toISOString();
  // Ids of one millisecond are in no order, and the log is listed by id.
  const ids = notes.map(() => deps.newId('log')).sort();
  return notes.map((note, index) =>
    logDocumentOf(note, execution, { id: ids[index] ?? deps.newId('log'), at, actor: scope.actor }),
  );
}
