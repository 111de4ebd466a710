import { randomBytes } from 'node:crypto';
import type { Person } from './person.ts';

/** Who is signed in with which browser: the next application need not ask again. Sessions end with the process. */
export interface Sessions {
  /** The id belongs into the browser's cookie. */
  begin(person: Person, nowMs: number): string;
  find(id: string | undefined, nowMs: number): Person | undefined;
  end(id: string | undefined): void;
}

const SESSION_LIVES_MS = 24 * 3_600_000;

export const createSessions = (): Sessions => {
  const sessions = new Map<string, { readonly person: Person; readonly endsAtMs: number }>();
  return {
    begin: (person, nowMs) => {
      for (const [id, { endsAtMs }] of sessions) {
        if (endsAtMs > nowMs) {
          break;
        }
        sessions.delete(id);
      }
      const id = randomBytes(32).toString('base64url');
      sessions.set(id, { person, endsAtMs: nowMs + SESSION_LIVES_MS });
      return id;
    },
    find: (id, nowMs) => {
      const session = id === undefined ? undefined : sessions.get(id);
      return session !== undefined && session.endsAtMs > nowMs ? session.person : undefined;
    },
    end: (id) => {
      if (id !== undefined) {
        sessions.delete(id);
      }
    },
  };
};
