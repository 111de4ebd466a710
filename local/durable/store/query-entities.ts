import type { HubStore } from './hub-store.ts';

export interface EntityFilter {
  readonly name: string | undefined;
  /** Of the last operation. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface EntityPage {
  readonly entities: readonly { readonly id: string; readonly state: string | undefined; readonly updatedMs: number }[];
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
  const entities = rows.slice(0, limit).map((row) => ({
    id: String(row['id']),
    state: typeof row['state'] === 'string' ? row['state'] : undefined,
    updatedMs: Number(row['updated_ms']),
  }));
  const end = entities.at(-1);
  const next = rows.length > limit && end !== undefined ? Buffer.from(end.id).toString('base64url') : undefined;
  return { entities, next };
};
