import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { registerFunctions } from '../sql/sqlite-functions.ts';

/** How many numbers are reserved on disk at a time; after a crash the rest of a block is skipped, never reused. */
const LSN_BLOCK = 100_000;
const MAX_CACHED_STATEMENTS = 500;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS databases (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, throughput INTEGER);
CREATE TABLE IF NOT EXISTS containers (
  number INTEGER PRIMARY KEY AUTOINCREMENT, database INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
  throughput INTEGER, UNIQUE (database, id));
`;

/**
 * The one SQLite file of an account: a commit is on the operating system's side of the write-ahead log before it is
 * acknowledged, so that it survives the death of the process.
 */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #lsn: number;
  #reservedLsn: number;

  /** @param dataDir where `cosmos.sqlite` lives; undefined keeps everything in memory. */
  constructor(dataDir: string | undefined) {
    if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
    this.#sqlite = new DatabaseSync(dataDir === undefined ? ':memory:' : join(dataDir, 'cosmos.sqlite'));
    // Exclusive locking: a second process on the same directory is refused instead of racing with this one.
    this.#sqlite.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    this.#sqlite.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -49152; PRAGMA wal_autocheckpoint = 4000');
    this.#sqlite.exec('PRAGMA temp_store = MEMORY');
    registerFunctions(this.#sqlite);
    this.#sqlite.exec(SCHEMA);
    const row = this.prepare("SELECT value FROM counters WHERE name = 'lsn'").get();
    this.#lsn = typeof row?.['value'] === 'number' ? row['value'] : 0;
    this.#reservedLsn = this.#lsn;
  }

  /** The log sequence number of the last write. */
  get lsn(): number {
    return this.#lsn;
  }

  /**
   * Makes sure that `count` numbers can be taken without touching the disk. Call it outside of a transaction, for a
   * rollback must not take the reservation back.
   */
  reserveLsns(count: number): void {
    if (this.#lsn + count <= this.#reservedLsn) return;
    this.#reservedLsn = this.#lsn + count + LSN_BLOCK;
    this.prepare(
      "INSERT INTO counters (name, value) VALUES ('lsn', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1",
    ).run(this.#reservedLsn);
  }

  /** Takes the next log sequence number. */
  nextLsn(): number {
    if (this.#lsn >= this.#reservedLsn) throw new Error('No log sequence numbers are reserved.');
    this.#lsn += 1;
    return this.#lsn;
  }

  /** A prepared statement, kept for the next use of the same text. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_CACHED_STATEMENTS) {
      const oldest = this.#statements.keys().next().value;
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    const statement = this.#sqlite.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Like `prepare`, but rows come as arrays of columns. */
  prepareRows(sql: string): StatementSync {
    const statement = this.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }

  /** Runs statements that return nothing, such as DDL. */
  execute(sql: string): void {
    this.#sqlite.exec(sql);
  }

  /** Runs `work` in one transaction: all of it is committed, or none when it throws. */
  transaction<T>(work: () => T): T {
    this.#sqlite.exec('BEGIN IMMEDIATE');
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.#sqlite.exec('ROLLBACK');
      throw error;
    }
    this.#sqlite.exec('COMMIT');
    return result;
  }

  close(): void {
    this.#statements.clear();
    this.#sqlite.close();
  }
}
