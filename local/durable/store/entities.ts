import type { HubStore } from './hub-store.ts';
import { text } from './instance.ts';

interface Entity {
  readonly id: string;
  /** JSON text. */
  readonly state: string | undefined;
  /** Of the last operation. */
  readonly updatedMs: number;
}

const toEntity = (row: Readonly<Record<string, unknown>>): Entity => ({
  id: String(row['id']),
  state: text(row['state']),
  updatedMs: Number(row['updated_ms']),
});

export const findEntity = (store: HubStore, id: string): Entity | undefined => {
  const row = store.prepare('SELECT id, state, updated_ms FROM entities WHERE id = ?').get(id);
  return row === undefined ? undefined : toEntity(row);
};

export const saveEntity = (
  store: HubStore,
  id: string,
  name: string,
  state: string | undefined,
  nowMs: number,
): void => {
  store
    .prepare(
      `INSERT INTO entities (id, name, state, updated_ms) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO UPDATE SET state = ?3, updated_ms = ?4`,
    )
    .run(id, name, state ?? null, nowMs);
};

/** False when there is none. */
export const deleteEntity = (store: HubStore, id: string): boolean =>
  store.prepare('DELETE FROM entities WHERE id = ?').run(id).changes > 0;

export interface EntityFilter {
  readonly name: string | undefined;
  /** Of the last operation. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface EntityPage {
  readonly entities: readonly Entity[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

/** Entities by id, a page at a time. */
export const listEntities = (
  store: HubStore,
  filter: EntityFilter,
  limit: number,
  after: string | undefined,
): EntityPage => {
  const last = after === undefined ? '' : Buffer.from(after, 'base64url').toString();
  const rows = store
    .prepare(
      `SELECT id, state, updated_ms FROM entities WHERE id > ?1 AND (?2 IS NULL OR name = ?2)
        AND updated_ms BETWEEN ?3 AND ?4 ORDER BY id LIMIT ?5`,
    )
    .all(last, filter.name ?? null, filter.fromMs ?? 0, filter.toMs ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const entities = rows.slice(0, limit).map(toEntity);
  const end = entities.at(-1);
  const next = rows.length > limit && end !== undefined ? Buffer.from(end.id).toString('base64url') : undefined;
  return { entities, next };
};
