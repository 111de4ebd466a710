import type { SqlParameter, SqlQuerySpec } from '@azure/cosmos';
import type { Filter, Listing } from '../core/ports.ts';

const fieldPath = /^[A-Za-z_][\w-]*(\.[\w-]+)*$/;

/** What narrows a query beyond what its caller asked. */
export interface QueryScope {
  readonly tenantId: string;
  readonly kind?: string | undefined;
  /** The field and value of the partition key's second level. */
  readonly partition?: { readonly field: string; readonly value: string } | undefined;
}

/**
 * One page of a tenant's documents, ordered by id or by one other field. The tenant is a condition of the query as well as its partition key: a key prefix
 * that spans physical partitions is routed by range, and a range holds other tenants too.
 *
 * @throws RangeError for a field that is not a dotted path or a limit that is not positive
 */
export function listQuery(scope: QueryScope, listing: Listing): SqlQuerySpec {
  if (!Number.isInteger(listing.limit) || listing.limit < 1) throw new RangeError(`${listing.limit} is no page size`);
  const query = new Conditions(scope);
  for (const filter of listing.filters) query.addFilter(filter);
  const ascending = listing.order === 'ascending';
  const key = listing.orderBy === undefined ? 'c.id' : property(listing.orderBy);
  if (listing.afterId !== undefined) query.add(`${key} ${ascending ? '>' : '<'} ${query.parameter(listing.afterId)}`);
  const top = query.parameter(listing.limit);
  return query.build(`SELECT TOP ${top} * FROM c`, ` ORDER BY ${key} ${ascending ? 'ASC' : 'DESC'}`);
}

/** `data.address.city` → `c["data"]["address"]["city"]`: names can't be parameters, so they are checked and quoted. */
function property(path: string): string {
  if (path.length > 512 || !fieldPath.test(path)) throw new RangeError(`"${path}" is not a field that can be queried`);
  return `c${path
    .split('.')
    .map((part) => `["${part}"]`)
    .join('')}`;
}

class Conditions {
  readonly #conditions: string[] = [];
  readonly #parameters: SqlParameter[] = [];

  constructor(scope: QueryScope) {
    this.add(`c.tenantId = ${this.parameter(scope.tenantId)}`);
    if (scope.partition !== undefined) {
      this.add(`${property(scope.partition.field)} = ${this.parameter(scope.partition.value)}`);
    }
    if (scope.kind !== undefined) this.add(`c.kind = ${this.parameter(scope.kind)}`);
  }

  parameter(value: string | number | boolean): string {
    const name = `@p${this.#parameters.length}`;
    this.#parameters.push({ name, value });
    return name;
  }

  add(condition: string): void {
    this.#conditions.push(condition);
  }

  addFilter(filter: Filter): void {
    const path = property(filter.field);
    if (filter.is === 'one-of') {
      this.add(`${path} IN (${filter.values.map((value) => this.parameter(value)).join(', ')})`);
      return;
    }
    const { is, value } = filter;
    const parameter = this.parameter(value);
    if (is === 'equal') this.add(`${path} = ${parameter}`);
    else if (is === 'at-least') this.add(`${path} >= ${parameter}`);
    else if (is === 'below') this.add(`${path} < ${parameter}`);
    else if (is === 'has') this.add(`ARRAY_CONTAINS(${path}, ${parameter})`);
    else if (typeof value !== 'string') throw new RangeError(`Only text can be contained, not a ${typeof value}`);
    else this.add(`CONTAINS(${path}, ${parameter}, true)`);
  }

  build(select: string, tail: string): SqlQuerySpec {
    return { query: `${select} WHERE ${this.#conditions.join(' AND ')}${tail}`, parameters: this.#parameters };
  }
}
