import type { StatementSync } from 'node:sqlite';
import { type Draft, stampText } from '../document.ts';
import { conflict, uniqueKeyConflict } from '../errors.ts';
import { type PartitionKeyDefinition, prefixesOf } from '../partition-key.ts';
import { documentRids, etagOf } from '../resource-id.ts';
import type { Database } from './database.ts';
import type { Reader } from './replica.ts';

const SQLITE_CONSTRAINT_PRIMARY = 19;

/** One stored document. `number` is its place in the table and makes its `_rid`; `lsn` that of its last write. */
export interface Row {
  readonly number: number;
  readonly lsn: number;
  readonly body: string;
}

/** What a write produced. */
export interface Written {
  readonly body: string;
  readonly etag: string;
}

interface Settings {
  readonly database: Database;
  readonly databaseNumber: number;
  readonly containerNumber: number;
  readonly self: string;
  readonly partitionKey: PartitionKeyDefinition;
}

function isConstraintError(error: unknown): error is Error & { errcode: number } {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === SQLITE_CONSTRAINT_PRIMARY
  );
}

/**
 * The documents of one container. A document that has expired is invisible at once and is deleted when it stands in
 * the way or when the sweep comes by.
 */
export class ItemStore {
  readonly table: string;
  /** Seconds after which documents without a ttl expire; -1 never, undefined when the container has no TTL at all. */
  defaultTtlSeconds: number | undefined;
  readonly #settings: Settings;
  readonly #ridOf: (documentNumber: number) => string;
  readonly #findSql: string;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeExpired: StatementSync;

  constructor(settings: Settings, defaultTtlSeconds: number | undefined) {
    this.#settings = settings;
    this.defaultTtlSeconds = defaultTtlSeconds;
    this.table = `items_${settings.containerNumber}`;
    this.#ridOf = documentRids(settings.databaseNumber, settings.containerNumber);
    const prefixes = this.prefixColumns();
    const columns = ['number', 'lsn', 'pk', 'id', 'ts', 'ttl', 'expires', 'body', ...prefixes];
    const database = settings.database;
    database.execute(`
      CREATE TABLE IF NOT EXISTS ${this.table} (
        number INTEGER PRIMARY KEY, lsn INTEGER NOT NULL, pk TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
        ttl INTEGER, expires INTEGER, body TEXT NOT NULL${prefixes.map((name) => `, ${name} TEXT NOT NULL`).join('')});
      CREATE UNIQUE INDEX IF NOT EXISTS ${this.table}_key ON ${this.table} (pk, id);
      CREATE UNIQUE INDEX IF NOT EXISTS ${this.table}_lsn ON ${this.table} (lsn);
      CREATE INDEX IF NOT EXISTS ${this.table}_expires ON ${this.table} (expires) WHERE expires IS NOT NULL;
    `);
    this.#findSql = `SELECT number, lsn, expires, body FROM ${this.table} WHERE pk = ? AND id = ?`;
    this.#find = database.prepare(this.#findSql);
    this.#insert = database.prepare(
      `INSERT INTO ${this.table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    this.#update = database.prepare(
      `UPDATE ${this.table} SET lsn = ?, ts = ?, ttl = ?, expires = ?, body = ? WHERE number = ?`,
    );
    this.#remove = database.prepare(`DELETE FROM ${this.table} WHERE number = ?`);
    this.#removeExpired = database.prepare(
      `DELETE FROM ${this.table} WHERE number IN
         (SELECT number FROM ${this.table} WHERE expires IS NOT NULL AND expires <= ? LIMIT ?)`,
    );
  }

  /** Columns that hold the shorter prefixes of a hierarchical key: `p1`, `p2`. */
  prefixColumns(): string[] {
    return this.#settings.partitionKey.isHierarchical
      ? this.#settings.partitionKey.paths.slice(1).map((_, index) => `p${index + 1}`)
      : [];
  }

  /** The visible document with this key and id; a `reader` may see an earlier version. */
  find(key: string, id: string, reader?: Reader): Row | undefined {
    const statement = reader === undefined ? this.#find : reader.prepare(this.#findSql);
    const row = statement.get(key, id) as (Row & { expires: number | null }) | undefined;
    if (row === undefined || (row.expires !== null && this.#isExpired(row.expires))) return undefined;
    return row;
  }

  /** @throws CosmosError 409 when the id or a unique key is taken. */
  insert(draft: Draft): Written {
    const number = this.#settings.database.nextLsn();
    const now = Date.now();
    const { body, etag, ts } = this.#stamp(draft, number, number, now);
    const prefixes = prefixesOf(draft.key, this.#settings.partitionKey);
    const values = [number, number, draft.key, draft.id, ts, draft.ttlSeconds ?? null];
    this.#write(draft, () => {
      this.#insert.run(...values, this.#expiry(draft.ttlSeconds, now), body, ...prefixes);
    });
    return { body, etag };
  }

  /** Writes a new version of `row`. @throws CosmosError 409 when a unique key is taken. */
  update(row: Row, draft: Draft): Written {
    const lsn = this.#settings.database.nextLsn();
    const now = Date.now();
    const { body, etag, ts } = this.#stamp(draft, row.number, lsn, now);
    this.#write(draft, () => {
      this.#update.run(lsn, ts, draft.ttlSeconds ?? null, this.#expiry(draft.ttlSeconds, now), body, row.number);
    });
    return { body, etag };
  }

  /** Deletes a document; takes a log sequence number, so that a session can tell before from after. */
  remove(row: Row): void {
    this.#settings.database.nextLsn();
    this.#remove.run(row.number);
  }

  /** Deletes every document of a logical partition. */
  removePartition(key: string): void {
    this.#settings.database.reserveLsns(1);
    this.#settings.database.nextLsn();
    this.#settings.database.prepare(`DELETE FROM ${this.table} WHERE pk = ?`).run(key);
  }

  /** Deletes up to `limit` expired documents and says how many there were. */
  removeExpired(limit: number): number {
    if (this.defaultTtlSeconds === undefined) return 0;
    return Number(this.#removeExpired.run(Date.now(), limit).changes);
  }

  /** Computes every expiry anew, after the container's default has changed. */
  applyDefaultTtl(defaultTtlSeconds: number | undefined): void {
    this.defaultTtlSeconds = defaultTtlSeconds;
    const database = this.#settings.database;
    if (defaultTtlSeconds === undefined) {
      database.prepare(`UPDATE ${this.table} SET expires = NULL WHERE expires IS NOT NULL`).run();
      return;
    }
    database
      .prepare(
        `UPDATE ${this.table} SET expires = CASE WHEN coalesce(ttl, ?1) = -1 THEN NULL
           ELSE (ts + coalesce(ttl, ?1)) * 1000 END`,
      )
      .run(defaultTtlSeconds);
  }

  /** SQL that keeps expired documents out of a query on `alias`, or undefined when nothing can expire. */
  visibleCondition(alias: string, bind: (value: number) => string): string | undefined {
    if (this.defaultTtlSeconds === undefined) return undefined;
    return `(${alias}.expires IS NULL OR ${alias}.expires > ${bind(Date.now())})`;
  }

  #isExpired(expires: number): boolean {
    return this.defaultTtlSeconds !== undefined && expires <= Date.now();
  }

  #expiry(ttlSeconds: number | undefined, now: number): number | null {
    if (this.defaultTtlSeconds === undefined) return null;
    const seconds = ttlSeconds ?? this.defaultTtlSeconds;
    return seconds === -1 ? null : now + seconds * 1000;
  }

  #stamp(draft: Draft, number: number, lsn: number, now: number): Written & { ts: number } {
    const rid = this.#ridOf(number);
    const etag = etagOf(lsn);
    const ts = Math.floor(now / 1000);
    const self = `${this.#settings.self}docs/${rid}/`;
    return { body: stampText(draft.text, { rid, self, etag, ts }), etag, ts };
  }

  /** Runs a write; where an expired document stands in its way, removes that and tries once more. */
  #write(draft: Draft, write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isConstraintError(error)) throw error;
      if (this.removeExpired(Number.MAX_SAFE_INTEGER) > 0) {
        this.#write(draft, write);
        return;
      }
      throw error.message.includes(`${this.table}.pk, ${this.table}.id`) ? conflict() : uniqueKeyConflict();
    }
  }
}
