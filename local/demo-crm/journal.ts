import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Row, RowState } from './collection.ts';
import type { RecordType } from './record-types.ts';

/** What makes a data directory this CRM's own: changes only fit the data they were made on. */
export interface Origin {
  readonly seed: number;
  readonly companies: number;
  readonly contacts: number;
  readonly deals: number;
  readonly apiKey: string;
}

export interface JournalEntry {
  readonly type: RecordType;
  readonly row: Row;
  /** Of a record that was created with an idempotency key. */
  readonly creation?: CreationKey | undefined;
}

export interface CreationKey {
  readonly key: string;
  /** Of what was to be created. */
  readonly fingerprint: string;
}

/** A record as it was when it had been created. */
export interface Creation {
  readonly fingerprint: string;
  readonly row: Pick<Row, 'index' | 'version' | 'body'>;
}

/** The changed records on disk; generated ones are not kept, they can be generated again. */
export interface Journal {
  readonly origin: Origin | undefined;
  /** Writes the origin of an empty journal. */
  begin(origin: Origin): void;
  rows(type: RecordType): readonly Row[];
  /** All of the rows or, after a crash, none. */
  append(changes: readonly JournalEntry[]): void;
  /** What was created with an idempotency key. */
  findCreation(key: string): Creation | undefined;
  /** Forgets the changes, keeps the origin. */
  clear(): void;
  close(): void;
}

/** Opens `demo-crm/changes.sqlite` in the twin's data directory, or a journal in memory without one. */
export const openJournal = (dataDir: string | undefined): Journal => {
  const database = new DatabaseSync(dataDir === undefined ? ':memory:' : databasePath(dataDir));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS origin (only INTEGER PRIMARY KEY CHECK (only = 1), json TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS changes (
      type TEXT NOT NULL, place INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,
      version INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('live', 'deleted')), body TEXT NOT NULL, PRIMARY KEY (type, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS creations (
      key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, place INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;`);
  const insert = database.prepare('INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertCreation = database.prepare('INSERT INTO creations VALUES (?, ?, ?, ?, ?)');
  const origin = database.prepare('SELECT json FROM origin').get()?.['json'];
  return {
    origin: typeof origin === 'string' ? (JSON.parse(origin) as Origin) : undefined,
    begin: (fresh) => {
      database.prepare('INSERT INTO origin VALUES (1, ?)').run(JSON.stringify(fresh));
    },
    rows: (type) => database.prepare('SELECT * FROM changes WHERE type = ? ORDER BY place').all(type).map(readRow),
    append: (changes) => {
      database.exec('BEGIN');
      try {
        for (const { type, row, creation } of changes) {
          const { index, createdAtMs, updatedAtMs, version, state, body } = row;
          insert.run(type, index, createdAtMs, updatedAtMs, version, state, body ?? '');
          if (creation !== undefined) {
            insertCreation.run(creation.key, creation.fingerprint, index, version, body ?? '');
          }
        }
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    findCreation: (key) => {
      const stored = database.prepare('SELECT * FROM creations WHERE key = ?').get(key);
      return stored === undefined ? undefined : readCreation(stored);
    },
    clear: () => database.exec('DELETE FROM changes; DELETE FROM creations;'),
    close: () => database.close(),
  };
};

/** Only the owner may read it: it holds the API key. */
const databasePath = (dataDir: string): string => {
  const folder = join(dataDir, 'demo-crm');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return join(folder, 'changes.sqlite');
};

const readRow = (stored: Record<string, unknown>): Row => ({
  index: Number(stored['place']),
  createdAtMs: Number(stored['created_at_ms']),
  updatedAtMs: Number(stored['updated_at_ms']),
  version: Number(stored['version']),
  state: stored['state'] as RowState,
  body: String(stored['body']),
});

const readCreation = (stored: Record<string, unknown>): Creation => ({
  fingerprint: String(stored['fingerprint']),
  row: { index: Number(stored['place']), version: Number(stored['version']), body: String(stored['body']) },
});
