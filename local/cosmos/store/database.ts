import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { registerFunctions } from '../sql/sqlite-functions.ts';
import { lockDirectory } from './directory-lock.ts';
import { type Reader, Replica } from './replica.ts';

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
export class Database implements Reader {
  readonly #sqlite: DatabaseSync;
  readonly #unlock: () => void;
  readonly #statements = new Map<string, StatementSync>();
  readonly #replica: Replica | undefined;
  #temporaryDir: string | undefined;
  #schemaVersion = 0;
  #lsn: number;
  #reservedLsn: number;

  /**
   * @param dataDir where `cosmos.sqlite` lives; undefined keeps everything in memory.
   * @param staleReadLagMs how old reads may be that are bound to no session; undefined is not at all.
   * @throws when another process has the directory open.
   */
  constructor(dataDir: string | undefined, staleReadLagMs?: number) {
    const file = this.#fileIn(dataDir, staleReadLagMs !== undefined);
    this.#unlock = dataDir === undefined ? () => undefined : lockDirectory(dataDir);
    this.#sqlite = new DatabaseSync(file);
    // One connection alone needs no shared memory, which is faster; a replica is a second one.
    this.#sqlite.exec(`PRAGMA locking_mode = ${staleReadLagMs === undefined ? 'EXCLUSIVE' : 'NORMAL'}`);
    this.#sqlite.exec('PRAGMA journal_mode = WAL');
    // The operating system caches the file too: 8 MB here is as fast as 48.
    this.#sqlite.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000');
    this.#sqlite.exec('PRAGMA temp_store = MEMORY');
    registerFunctions(this.#sqlite);
    this.#sqlite.exec(SCHEMA);
    const row = this.prepare("SELECT value FROM counters WHERE name = 'lsn'").get();
    this.#lsn = typeof row?.['value'] === 'number' ? row['value'] : 0;
    this.#reservedLsn = this.#lsn;
    this.#replica = staleReadLagMs === undefined ? undefined : new Replica(this, file, staleReadLagMs);
  }

  /** Grows with every change of tables and indexes. */
  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  /** True when reads may miss the last writes. */
  get isStale(): boolean {
    return this.#replica !== undefined;
  }

  /** Where a session reads that has seen all writes up to `sessionLsn`; 0 for no session. */
  readerFor(sessionLsn: number): Reader {
    return this.#replica?.serve(sessionLsn) ?? this;
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
    this.#schemaVersion += 1;
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
    this.#replica?.close();
    this.#sqlite.close();
    this.#unlock();
    if (this.#temporaryDir !== undefined) rmSync(this.#temporaryDir, { recursive: true, force: true });
  }

  #fileIn(dataDir: string | undefined, isShared: boolean): string {
    if (dataDir === undefined && !isShared) return ':memory:';
    if (dataDir === undefined) this.#temporaryDir = mkdtempSync(join(tmpdir(), 'cosmos-'));
    else mkdirSync(dataDir, { recursive: true });
    return join(dataDir ?? this.#temporaryDir ?? '', 'cosmos.sqlite');
  }
}
