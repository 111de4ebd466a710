import { DatabaseSync } from 'node:sqlite';

/** One version of a secret, its value still sealed. Times are whole seconds since 1970. */
export interface SecretVersion {
  readonly name: string;
  readonly version: string;
  readonly sealed: Uint8Array;
  readonly contentType: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly notBefore: number | null;
  readonly expires: number | null;
  readonly created: number;
  readonly updated: number;
}

/** When a secret was deleted and when it will be purged; null for a live one. */
interface Deletion {
  readonly deletedAt: number;
  readonly purgeAt: number;
}

export interface StoredSecret {
  readonly name: string;
  readonly deletion: Deletion | null;
  readonly latest: SecretVersion;
}

/** Secrets by name, in any case of letters, and their versions in the order in which they were set. */
export interface SecretStore {
  readonly isEmpty: boolean;
  find(name: string): StoredSecret | undefined;
  findVersion(name: string, version: string): SecretVersion | undefined;
  /** Adds a version, and the secret with its first. */
  add(version: SecretVersion): void;
  replaceAttributes(version: SecretVersion): void;
  setDeletion(name: string, deletion: Deletion | null): void;
  remove(name: string): void;
  /** Removes what was to be purged by now. */
  purgeDue(now: number): void;
  /** In order of name, at most so many, all after the name given. */
  list(isDeleted: boolean, afterName: string, limit: number): readonly StoredSecret[];
  /** In order of creation; the position of the last one is where the next page begins. */
  listVersions(
    name: string,
    afterPosition: number,
    limit: number,
  ): readonly { readonly position: number; readonly version: SecretVersion }[];
  close(): void;
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA secure_delete = ON;
  CREATE TABLE IF NOT EXISTS secrets (
    name TEXT PRIMARY KEY COLLATE NOCASE, deleted_at INTEGER, purge_at INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS versions (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL COLLATE NOCASE REFERENCES secrets (name) ON DELETE CASCADE,
    version TEXT NOT NULL, sealed BLOB NOT NULL, content_type TEXT, tags TEXT NOT NULL, enabled INTEGER NOT NULL,
    not_before INTEGER, expires INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    UNIQUE (name, version)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS versions_by_name ON versions (name, position);`;

/** The latest version of each secret, with the name as it was first written. */
const SECRETS = `
  SELECT secrets.name AS secret_name, deleted_at, purge_at, versions.* FROM secrets JOIN versions
    ON versions.position = (SELECT max(position) FROM versions AS own WHERE own.name = secrets.name)`;

/** Opens the database file, or one in memory. */
export const openSecretStore = (path: string | undefined): SecretStore => {
  const database = new DatabaseSync(path ?? ':memory:');
  database.exec(SCHEMA);
  const insert = database.prepare(`INSERT INTO versions
    (name, version, sealed, content_type, tags, enabled, not_before, expires, created, updated)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectOne = database.prepare(`${SECRETS} WHERE secrets.name = ?`);
  const selectVersion = database.prepare('SELECT * FROM versions WHERE name = ? AND version = ?');
  const selectVersions = database.prepare(
    'SELECT * FROM versions WHERE name = ? AND position > ? ORDER BY position LIMIT ?',
  );
  const selectLive = database.prepare(
    `${SECRETS} WHERE secrets.name > ? AND deleted_at IS NULL ORDER BY secrets.name LIMIT ?`,
  );
  const selectDeleted = database.prepare(
    `${SECRETS} WHERE secrets.name > ? AND deleted_at IS NOT NULL ORDER BY secrets.name LIMIT ?`,
  );
  return {
    isEmpty: database.prepare('SELECT 1 FROM secrets LIMIT 1').get() === undefined,
    find: (name) => {
      const row = selectOne.get(name);
      return row === undefined ? undefined : readSecret(row);
    },
    findVersion: (name, version) => {
      const row = selectVersion.get(name, version);
      return row === undefined ? undefined : readVersion(row);
    },
    add: (added) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        database.prepare('INSERT INTO secrets (name) VALUES (?) ON CONFLICT DO NOTHING').run(added.name);
        insert.run(
          added.name,
          added.version,
          added.sealed,
          added.contentType,
          JSON.stringify(added.tags),
          Number(added.enabled),
          added.notBefore,
          added.expires,
          added.created,
          added.updated,
        );
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    replaceAttributes: ({ name, version, contentType, tags, enabled, notBefore, expires, updated }) => {
      database
        .prepare(`UPDATE versions SET content_type = ?, tags = ?, enabled = ?, not_before = ?, expires = ?, updated = ?
          WHERE name = ? AND version = ?`)
        .run(contentType, JSON.stringify(tags), Number(enabled), notBefore, expires, updated, name, version);
    },
    setDeletion: (name, deletion) => {
      database
        .prepare('UPDATE secrets SET deleted_at = ?, purge_at = ? WHERE name = ?')
        .run(deletion?.deletedAt ?? null, deletion?.purgeAt ?? null, name);
    },
    remove: (name) => {
      database.prepare('DELETE FROM secrets WHERE name = ?').run(name);
    },
    purgeDue: (now) => {
      database.prepare('DELETE FROM secrets WHERE purge_at <= ?').run(now);
    },
    list: (isDeleted, afterName, limit) =>
      (isDeleted ? selectDeleted : selectLive).all(afterName, limit).map(readSecret),
    listVersions: (name, afterPosition, limit) =>
      selectVersions
        .all(name, afterPosition, limit)
        .map((row) => ({ position: Number(row['position']), version: readVersion(row) })),
    close: () => database.close(),
  };
};

type StoredRow = Record<string, unknown>;

const readSecret = (row: StoredRow): StoredSecret => {
  const [deletedAt, purgeAt] = [numberOrNull(row['deleted_at']), numberOrNull(row['purge_at'])];
  const name = String(row['secret_name']);
  return {
    name,
    deletion: deletedAt === null || purgeAt === null ? null : { deletedAt, purgeAt },
    latest: { ...readVersion(row), name },
  };
};

const readVersion = (row: StoredRow): SecretVersion => {
  const { sealed, content_type: contentType } = row;
  if (!(sealed instanceof Uint8Array)) {
    throw new TypeError('a stored secret has no value');
  }
  return {
    name: String(row['name']),
    version: String(row['version']),
    sealed,
    contentType: contentType === null ? null : String(contentType),
    tags: JSON.parse(String(row['tags'])),
    enabled: row['enabled'] === 1,
    notBefore: numberOrNull(row['not_before']),
    expires: numberOrNull(row['expires']),
    created: Number(row['created']),
    updated: Number(row['updated']),
  };
};

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));
