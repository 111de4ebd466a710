import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Person } from './person.ts';

/** One sign-in of a person to an application; all refresh tokens that follow from it belong together. */
export interface SignIn {
  readonly id: string;
  readonly clientId: string;
  readonly person: Person;
  /** As the application asked for it. */
  readonly scope: string;
}

export interface TokenOwner {
  readonly clientId: string;
  readonly tenant: string | undefined;
}

export type RotatedToken =
  | { readonly kind: 'rotated'; readonly signIn: SignIn; readonly token: string; readonly expiresInSeconds: number }
  | { readonly kind: 'expired' }
  /** A token that had been replaced came back: somebody has a copy, so the whole sign-in has ended. */
  | { readonly kind: 'reused' }
  | { readonly kind: 'unknown' };

/** Refresh tokens: each is good once and brings the next; the last of them expires a day after the sign-in. */
export interface RefreshTokens {
  begin(signIn: SignIn, nowMs: number): { readonly token: string; readonly expiresInSeconds: number };
  /** Changes nothing when the token is another application's, or another tenant's where one is named. */
  rotate(token: string, owner: TokenOwner, nowMs: number): RotatedToken;
  end(signInId: string): void;
  close(): void;
}

/** As Entra does it for applications in a browser: not prolonged by use. */
const SIGN_IN_LIVES_MS = 24 * 3_600_000;
/** How much longer an expired sign-in is remembered, so that its tokens are refused as expired. */
const REMEMBERED_MS = 7 * SIGN_IN_LIVES_MS;

const SCHEMA = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS sign_ins (
    id TEXT PRIMARY KEY, client_id TEXT NOT NULL, tenant TEXT NOT NULL, subject TEXT NOT NULL, role TEXT NOT NULL,
    scope TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS refresh_tokens (
    digest TEXT PRIMARY KEY, sign_in TEXT NOT NULL REFERENCES sign_ins (id) ON DELETE CASCADE,
    is_used INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS refresh_tokens_by_sign_in ON refresh_tokens (sign_in);`;

/** Opens `identity/sign-ins.sqlite` below the data directory (in memory without one). It holds digests, no tokens. */
export const openRefreshTokens = (dataDir: string | undefined): RefreshTokens => {
  const database = new DatabaseSync(dataDir === undefined ? ':memory:' : openFolder(dataDir));
  database.exec(SCHEMA);
  const addToken = database.prepare('INSERT INTO refresh_tokens (digest, sign_in) VALUES (?, ?)');
  const issue = (signInId: string): string => {
    const token = `1.${randomBytes(48).toString('base64url')}`;
    addToken.run(digest(token), signInId);
    return token;
  };
  const end = (signInId: string): void => {
    database.prepare('DELETE FROM sign_ins WHERE id = ?').run(signInId);
  };
  const whole = <Result>(work: () => Result): Result => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };
  const rotate = (token: string, { clientId, tenant }: TokenOwner, nowMs: number): RotatedToken => {
    const row = database
      .prepare(`SELECT * FROM refresh_tokens JOIN sign_ins ON sign_ins.id = refresh_tokens.sign_in
        WHERE digest = ? AND client_id = ? AND tenant = coalesce(?, tenant)`)
      .get(digest(token), clientId, tenant ?? null);
    if (row === undefined) {
      return { kind: 'unknown' };
    }
    const signIn = readSignIn(row);
    if (row['is_used'] === 1) {
      end(signIn.id);
      return { kind: 'reused' };
    }
    const leftMs = Number(row['expires_at']) - nowMs;
    if (leftMs <= 0) {
      return { kind: 'expired' };
    }
    database.prepare('UPDATE refresh_tokens SET is_used = 1 WHERE digest = ?').run(digest(token));
    return { kind: 'rotated', signIn, token: issue(signIn.id), expiresInSeconds: Math.floor(leftMs / 1000) };
  };
  return {
    begin: ({ id, clientId, person: { tenant, subject, role }, scope }, nowMs) =>
      whole(() => {
        database.prepare('DELETE FROM sign_ins WHERE expires_at <= ?').run(nowMs - REMEMBERED_MS);
        database
          .prepare('INSERT INTO sign_ins VALUES (?, ?, ?, ?, ?, ?, ?)')
          .run(id, clientId, tenant, subject, role, scope, nowMs + SIGN_IN_LIVES_MS);
        return { token: issue(id), expiresInSeconds: SIGN_IN_LIVES_MS / 1000 };
      }),
    rotate: (token, owner, nowMs) => whole(() => rotate(token, owner, nowMs)),
    end,
    close: () => database.close(),
  };
};

const openFolder = (dataDir: string): string => {
  const folder = join(dataDir, 'identity');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, 'sign-ins.sqlite');
};

const readSignIn = (row: Readonly<Record<string, unknown>>): SignIn => ({
  id: String(row['id']),
  clientId: String(row['client_id']),
  person: { tenant: String(row['tenant']), subject: String(row['subject']), role: String(row['role']) },
  scope: String(row['scope']),
});

const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
