import type { DatabaseSync } from 'node:sqlite';

/** Runs a change in a transaction. Resolves with what it returned when it is on disk; rejects when it is not. */
export type Commit = <Result>(change: () => Result) => Promise<Result>;

interface Waiting {
  readonly run: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Puts the changes of one turn of the event loop into one transaction: with many orchestrations under way a commit is
 * shared by all that ended together.
 */
export const createCommitQueue = (sqlite: DatabaseSync): { readonly commit: Commit; flush(): void } => {
  let waiting: Waiting[] = [];

  const transact = (changes: readonly Waiting[]): void => {
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      for (const change of changes) {
        change.run();
      }
      sqlite.exec('COMMIT');
    } catch (error) {
      if (sqlite.isTransaction) {
        sqlite.exec('ROLLBACK');
      }
      throw error;
    }
  };

  const settle = (changes: readonly Waiting[]): void => {
    try {
      transact(changes);
    } catch (error) {
      const [first] = changes;
      if (changes.length === 1 && first !== undefined) {
        first.failed(error);
      } else {
        // One of them is at fault; the others must not suffer.
        for (const change of changes) {
          settle([change]);
        }
      }
      return;
    }
    for (const change of changes) {
      change.done();
    }
  };

  const flush = (): void => {
    const changes = waiting;
    waiting = [];
    if (changes.length > 0) {
      settle(changes);
    }
  };

  const commit: Commit = <Result>(change: () => Result) =>
    new Promise<Result>((resolve, reject) => {
      let result: Result;
      if (waiting.length === 0) {
        setImmediate(flush);
      }
      waiting.push({
        run: () => {
          result = change();
        },
        done: () => resolve(result),
        failed: reject,
      });
    });
  return { commit, flush };
};
