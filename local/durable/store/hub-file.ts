import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The state of a task hub cannot be opened; the message says why and what helps. */
export class HubStateError extends Error {
  override readonly name = 'HubStateError';
}

/** "CDur": marks a file as ours. */
const APPLICATION_ID = 0x43_44_75_72;
const FORMAT = 1;
/** Larger files are not read through at every start. */
const CHECKED_BYTES = 256 * 1024 * 1024;

const SCHEMA = `
CREATE TABLE instances (
  id TEXT PRIMARY KEY, execution INTEGER NOT NULL, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
  status TEXT NOT NULL, custom_status TEXT, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  turn_ms INTEGER NOT NULL, parent_id TEXT, parent_execution INTEGER, parent_task INTEGER);
CREATE INDEX instances_created ON instances (created_ms, id);
CREATE TABLE payloads (id TEXT PRIMARY KEY, input TEXT, output TEXT);
CREATE TABLE history (
  execution INTEGER NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (execution, seq)) WITHOUT ROWID;
CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, execution INTEGER, is_control INTEGER NOT NULL,
  message TEXT NOT NULL);
CREATE INDEX inbox_target ON inbox (target, is_control, seq);
CREATE TABLE activities (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution INTEGER NOT NULL, task INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, input TEXT);
CREATE INDEX activities_execution ON activities (execution);
CREATE TABLE timers (
  execution INTEGER NOT NULL, task INTEGER NOT NULL, instance TEXT NOT NULL, due_ms INTEGER NOT NULL,
  PRIMARY KEY (execution, task)) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due_ms);
CREATE TABLE entities (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT, updated_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('execution', 0);
`;

/**
 * Opens the file of a task hub for this process alone: the lock is one of the operating system, which frees it when the
 * process dies, however it dies.
 * @returns undefined when another process has it
 * @throws HubStateError when the file is damaged, not ours or from a newer version
 */
export const openHubFile = (file: string): DatabaseSync | undefined => {
  let sqlite: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    sqlite = new DatabaseSync(file, { timeout: 0 });
    sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
    assertOurs(sqlite, file);
    sqlite.exec('PRAGMA journal_mode = WAL');
    sqlite.exec('PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000');
    // Takes the lock, which stays.
    sqlite.exec('BEGIN IMMEDIATE');
    prepareSchema(sqlite, file);
    sqlite.exec('COMMIT');
    return sqlite;
  } catch (error) {
    sqlite?.close();
    if (isBusy(error)) {
      return undefined;
    }
    if (error instanceof HubStateError) {
      throw error;
    }
    throw new HubStateError(
      `The task hub ${file} cannot be opened: ${describe(error)}. Move the file away to begin anew`,
      {
        cause: error,
      },
    );
  }
};

const SQLITE_BUSY = 5;

const isBusy = (error: unknown): boolean =>
  ((error as { errcode?: unknown }).errcode as number | undefined) !== undefined &&
  (Number((error as { errcode: unknown }).errcode) & 0xff) === SQLITE_BUSY;

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const pragma = (sqlite: DatabaseSync, name: string): unknown =>
  Object.values(sqlite.prepare(`PRAGMA ${name}`).get() ?? {})[0];

const assertOurs = (sqlite: DatabaseSync, file: string): void => {
  const tables = Number(sqlite.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables']);
  const applicationId = Number(pragma(sqlite, 'application_id'));
  if (tables > 0 && applicationId !== APPLICATION_ID) {
    throw new HubStateError(`${file} is a SQLite file of another program: give the task hub another folder or name`);
  }
  const format = Number(pragma(sqlite, 'user_version'));
  if (tables > 0 && format !== FORMAT) {
    throw new HubStateError(
      `The task hub ${file} has format ${format}, this version reads format ${FORMAT}: move the file away to begin anew`,
    );
  }
  if (tables > 0 && statSync(file).size <= CHECKED_BYTES) {
    const verdict = pragma(sqlite, 'quick_check(1)');
    if (verdict !== 'ok') {
      throw new HubStateError(`The task hub ${file} is damaged (${verdict}): move the file away to begin anew`);
    }
  }
};

const prepareSchema = (sqlite: DatabaseSync, file: string): void => {
  if (Number(pragma(sqlite, 'application_id')) === APPLICATION_ID) {
    return;
  }
  try {
    sqlite.exec(SCHEMA);
    sqlite.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`);
  } catch (error) {
    throw new HubStateError(`The task hub ${file} cannot be written: ${describe(error)}`, { cause: error });
  }
};
