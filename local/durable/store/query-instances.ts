import type { SQLInputValue } from 'node:sqlite';
import type { HubStore } from './hub-store.ts';
import { type Instance, toInstance } from './instance.ts';

export interface InstanceFilter {
  readonly statuses?: readonly string[] | undefined;
  readonly createdFromMs?: number | undefined;
  readonly createdToMs?: number | undefined;
  readonly idPrefix?: string | undefined;
}

export interface Page {
  readonly instances: readonly Instance[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

/**
 * Instances in the order of their creation, a page at a time.
 * @param after the `next` of the page before
 */
export const listInstances = (
  store: HubStore,
  filter: InstanceFilter,
  limit: number,
  after: string | undefined,
): Page => {
  const { conditions, values } = toConditions(filter);
  const position = after === undefined ? undefined : parseToken(after);
  if (position !== undefined) {
    conditions.push('(created_ms, id) > (?, ?)');
    values.push(position.createdMs, position.id);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT * FROM instances ${where} ORDER BY created_ms, id LIMIT ?`;
  const rows = store
    .prepare(sql)
    .all(...values, limit + 1)
    .map(toInstance);
  const instances = rows.slice(0, limit);
  const last = instances.at(-1);
  return { instances, next: rows.length > limit && last !== undefined ? toToken(last) : undefined };
};

const FINAL = ['Completed', 'Failed', 'Terminated'];

/** The ids of ended instances that the filter takes. */
export const findEndedInstances = (store: HubStore, filter: InstanceFilter): string[] => {
  const statuses = (filter.statuses ?? FINAL).filter((status) => FINAL.includes(status));
  if (statuses.length === 0) {
    return [];
  }
  const { conditions, values } = toConditions({ ...filter, statuses });
  const rows = store.prepare(`SELECT id FROM instances WHERE ${conditions.join(' AND ')}`).all(...values);
  return rows.map((row) => String(row['id']));
};

const toConditions = (filter: InstanceFilter): { conditions: string[]; values: SQLInputValue[] } => {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...given: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  if (filter.statuses !== undefined) {
    add(`status IN (SELECT value FROM json_each(?))`, JSON.stringify(filter.statuses));
  }
  if (filter.createdFromMs !== undefined) {
    add('created_ms >= ?', filter.createdFromMs);
  }
  if (filter.createdToMs !== undefined) {
    add('created_ms <= ?', filter.createdToMs);
  }
  if (filter.idPrefix !== undefined) {
    add('substr(id, 1, ?) = ?', [...filter.idPrefix].length, filter.idPrefix);
  }
  return { conditions, values };
};

const toToken = ({ createdMs, id }: Instance): string =>
  Buffer.from(JSON.stringify([createdMs, id])).toString('base64url');

/** @throws RangeError when it is no token of ours */
const parseToken = (token: string): { readonly createdMs: number; readonly id: string } => {
  try {
    const [createdMs, id] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (typeof createdMs === 'number' && typeof id === 'string') {
      return { createdMs, id };
    }
  } catch {
    // Told below.
  }
  throw new RangeError('The continuation token is not one of this host');
};
