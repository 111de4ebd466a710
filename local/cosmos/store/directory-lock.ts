import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/**
 * Keeps other processes off a data directory until the returned function is called, or this process dies: the lock is one
 * of the operating system's, on a file of its own, which says nothing by being there.
 * @throws when another process has the directory open.
 */
export function lockDirectory(dataDir: string): () => void {
  const lock = new DatabaseSync(join(dataDir, 'lock.sqlite'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)
      throw new Error(`The data directory ${dataDir} is locked: another process has it open.`);
    throw error;
  }
  return () => lock.close();
}
