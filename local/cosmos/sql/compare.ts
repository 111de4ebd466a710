import { canonicalJson, type Json } from '../json.ts';
import { isDefined, RANK, type SqlValue } from './value.ts';

/** Comparison operators that order values. */
export type OrderOperator = '<' | '<=' | '>' | '>=';

/**
 * How precise a condition must be. `truthy`: true or anything else, so that indexes can serve it. `exact`: true, false,
 * or NULL for undefined.
 */
export type Mode = 'truthy' | 'exact';

const isScalar = (value: SqlValue): boolean =>
  value.type === 'boolean' || value.type === 'number' || value.type === 'string';

/** The rank that a value of a static type has when it is defined. */
function rankOf(value: SqlValue): number {
  return value.type === 'any' ? -1 : RANK[value.type];
}

function deepEqual(left: SqlValue, right: SqlValue): string {
  return `cosmos_equal(${left.json}, ${right.json})`;
}

/** Equality of a value of unknown type with one whose type is known and which is defined. */
function equalToDefined(any: SqlValue, known: SqlValue, mode: Mode): string {
  const rank = rankOf(known);
  let test = `${any.rank} = ${rank}`;
  if (isScalar(known)) test += ` AND ${any.value} = ${known.value}`;
  else if (known.type !== 'null') test += ` AND ${deepEqual(any, known)}`;
  return mode === 'truthy' ? `(${test})` : `CASE WHEN ${any.rank} > 0 THEN (${test}) END`;
}

function sameType(left: SqlValue, right: SqlValue): string {
  if (left.type === 'null') return '1';
  return isScalar(left) ? `(${left.value} = ${right.value})` : deepEqual(left, right);
}

function constantsEqual(left: Json, right: Json): string {
  return canonicalJson(left) === canonicalJson(right) ? '1' : '0';
}

/** SQL for `left = right`: values of different types are not equal, undefined makes the result undefined. */
export function equality(left: SqlValue, right: SqlValue, mode: Mode): string {
  if (left.type === 'undefined' || right.type === 'undefined') return 'NULL';
  if (left.constant !== undefined && right.constant !== undefined) {
    return constantsEqual(left.constant.json, right.constant.json);
  }
  if (left.type === 'any' && right.constant !== undefined) return equalToDefined(left, right, mode);
  if (right.type === 'any' && left.constant !== undefined) return equalToDefined(right, left, mode);
  if (left.type !== 'any' && left.type === right.type) return sameType(left, right);
  if (left.type !== 'any' && right.type !== 'any') {
    return `CASE WHEN ${isDefined(left)} AND ${isDefined(right)} THEN 0 END`;
  }
  return (
    `CASE WHEN ${left.rank} = 0 OR ${right.rank} = 0 THEN NULL WHEN ${left.rank} <> ${right.rank} THEN 0 ` +
    `WHEN ${left.rank} >= ${RANK.array} THEN ${deepEqual(left, right)} WHEN ${left.rank} = ${RANK.null} THEN 1 ` +
    `ELSE ${left.value} = ${right.value} END`
  );
}

/** SQL for an ordering comparison: only values of one scalar type compare, everything else is undefined. */
export function ordering(operator: OrderOperator, left: SqlValue, right: SqlValue, mode: Mode): string {
  const nulls = operator.includes('=') ? '1' : '0';
  if (left.type === 'any' && right.type === 'any') {
    return (
      `CASE WHEN ${left.rank} <> ${right.rank} THEN NULL WHEN ${left.rank} IN (2, 4, 5) ` +
      `THEN ${left.value} ${operator} ${right.value} WHEN ${left.rank} = ${RANK.null} THEN ${nulls} END`
    );
  }
  const known = left.type === 'any' ? right : left;
  const other = left.type === 'any' ? left : right;
  if (other.type !== 'any' && other.type !== known.type) return 'NULL';
  const comparison = known.type === 'null' ? nulls : `${left.value} ${operator} ${right.value}`;
  if (known.type !== 'null' && !isScalar(known)) return 'NULL';
  if (other.type !== 'any') return `(${comparison})`;
  const test = `${other.rank} = ${rankOf(known)}`;
  return mode === 'truthy' ? `(${test} AND ${comparison})` : `CASE WHEN ${test} THEN ${comparison} END`;
}

/** SQL that is true when `needle` equals one of `list`; undefined needles make it undefined. */
export function membership(needle: SqlValue, list: readonly SqlValue[], mode: Mode): string {
  if (needle.type === 'undefined') return 'NULL';
  const scalars = list.filter((item) => item.constant !== undefined && isScalar(item));
  const others = list.filter((item) => !scalars.includes(item));
  const tests: string[] = [];
  for (const type of ['string', 'number', 'boolean'] as const) {
    const values = scalars.filter((item) => item.type === type).map((item) => item.value);
    if (values.length === 0) continue;
    const within = `${needle.value} IN (${values.join(', ')})`;
    if (needle.type === 'any') tests.push(`(${needle.rank} = ${RANK[type]} AND ${within})`);
    else if (needle.type === type) tests.push(`(${within})`);
  }
  for (const item of others) tests.push(`coalesce(${equality(needle, item, mode)}, 0)`);
  const found = tests.length === 0 ? '0' : `(${tests.join(' OR ')})`;
  return mode === 'truthy' ? found : `CASE WHEN ${isDefined(needle)} THEN ${found} END`;
}
