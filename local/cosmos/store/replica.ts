import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { registerFunctions } from '../sql/sqlite-functions.ts';
import type { Database } from './database.ts';

/** Where queries and point reads read. */
export interface Reader {
  /** The log sequence number of the last write that it sees. */
  readonly lsn: number;
  prepare(sql: string): StatementSync;
  /** Like `prepare`, but rows come as arrays of columns. */
  prepareRows(sql: string): StatementSync;
}

/**
 * A replica that lags behind: it sees everything up to a past moment, and nothing after it. It catches up when it is
 * older than the lag, and when a client's session has seen more.
 */
export class Replica implements Reader {
  readonly #database: Database;
  readonly #sqlite: DatabaseSync;
  readonly #lagMs: number;
  readonly #statements = new Map<string, StatementSync>();
  #lsn = 0;
  #schemaVersion = 0;
  #takenAt = 0;

  constructor(database: Database, file: string, lagMs: number) {
    this.#database = database;
    this.#lagMs = lagMs;
    this.#sqlite = new DatabaseSync(file, { readOnly: true });
    registerFunctions(this.#sqlite);
    this.#sqlite.exec('BEGIN');
    this.#catchUp();
  }

  get lsn(): number {
    return this.#lsn;
  }

  /** Gets ready for a request of a session that has seen all up to `sessionLsn`. */
  serve(sessionLsn: number): this {
    if (sessionLsn > this.#lsn || performance.now() - this.#takenAt >= this.#lagMs) this.#catchUp();
    return this;
  }

  prepare(sql: string): StatementSync {
    if (this.#schemaVersion !== this.#database.schemaVersion) this.#catchUp();
    const known = this.#statements.get(sql);
    const statement = known ?? this.#sqlite.prepare(sql);
    if (known === undefined) this.#statements.set(sql, statement);
    return statement;
  }

  prepareRows(sql: string): StatementSync {
    const statement = this.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#sqlite.close();
  }

  #catchUp(): void {
    this.#statements.clear();
    // A transaction that has begun to read keeps seeing what was there then.
    this.#sqlite.exec('COMMIT; BEGIN; SELECT count(*) FROM sqlite_schema');
    this.#lsn = this.#database.lsn;
    this.#schemaVersion = this.#database.schemaVersion;
    this.#takenAt = performance.now();
  }
}
