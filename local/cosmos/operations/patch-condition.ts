import { compileCondition } from '../sql/compile-query.ts';
import { parseCondition } from '../sql/parser.ts';
import type { ContainerEntry } from '../store/catalog.ts';
import type { Row } from '../store/item-store.ts';

/**
 * Whether the condition of a patch (`FROM c WHERE …`) holds for the stored document, and for that one alone.
 * @throws CosmosError 400 when it is no condition.
 */
export function conditionHolds(container: ContainerEntry, row: Row, condition: string): boolean {
  const { alias, where } = parseCondition(condition);
  const { sql, bound } = compileCondition(where, alias, container.items.table, row.number);
  return container.database.prepare(sql).get(...bound)?.['holds'] === 1;
}
