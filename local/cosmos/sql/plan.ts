import type { Expression } from './ast.ts';
import { pathOf } from './paths.ts';

/** The parts of a filter that an index can serve. */
export interface FilterShape {
  /** Properties of the item that must equal a constant, always in the same order. */
  readonly equalPaths: readonly (readonly (string | number)[])[];
  /** Properties (as JSON of their path) that the filter compares with a constant: all that pass have one type. */
  readonly pinnedPaths: ReadonlySet<string>;
  /** Whether the filter names the item's id: the index on keys then serves best. */
  readonly namesId: boolean;
  /** Comparisons that every row passing the filter also passes, though the filter does not state them. */
  readonly implied: readonly Expression[];
  /** The property whose text every row is searched for, if there is one. */
  readonly searchedPath: readonly (string | number)[] | undefined;
}

/** Functions that have to look at the text of every row that the rest of the filter lets through. */
const SEARCHES = new Set(['CONTAINS', 'ENDSWITH', 'REGEXMATCH']);

/** Comparisons that hold only between values of one type. */
const PINNING = new Set(['=', '<', '<=', '>', '>=']);

/** More columns make an index larger but hardly more selective. */
const MAX_EQUAL_PATHS = 3;

/** The parts of a condition that must all hold. */
function conjuncts(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === 'AND'
    ? [...conjuncts(expression.left), ...conjuncts(expression.right)]
    : [expression];
}

function disjuncts(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === 'OR'
    ? [...disjuncts(expression.left), ...disjuncts(expression.right)]
    : [expression];
}

const isConstant = (expression: Expression): boolean =>
  expression.kind === 'literal' || expression.kind === 'parameter';

interface Bound {
  readonly path: Expression;
  readonly operator: string;
  readonly limit: Expression;
}

function boundOf(expression: Expression, alias: string): Bound | undefined {
  if (expression.kind !== 'binary' || !isConstant(expression.right)) return undefined;
  const found = pathOf(expression.left);
  if (found === undefined || found.alias !== alias || found.path.length === 0) return undefined;
  return { path: expression.left, operator: expression.operator, limit: expression.right };
}

const nameOf = (expression: Expression): string =>
  expression.kind === 'parameter'
    ? expression.name
    : JSON.stringify(expression.kind === 'literal' ? expression.value : 0);

const pathName = (expression: Expression): string => JSON.stringify(pathOf(expression)?.path);

/**
 * `(a > x OR (a = x AND b > y))`, the usual way to page by keys, implies `a >= x`: said outright, an index can start
 * there instead of at its beginning.
 */
function impliedBound(expression: Expression, alias: string): Expression | undefined {
  const branches = disjuncts(expression);
  if (branches.length < 2) return undefined;
  const first = conjuncts(branches[0] ?? expression)
    .map((part) => boundOf(part, alias))
    .find((bound) => bound !== undefined);
  if (first === undefined) return undefined;
  const direction = first.operator[0];
  if (direction !== '>' && direction !== '<') return undefined;
  const implied = branches.every((branch) =>
    conjuncts(branch).some((part) => {
      const bound = boundOf(part, alias);
      return (
        bound !== undefined &&
        pathName(bound.path) === pathName(first.path) &&
        nameOf(bound.limit) === nameOf(first.limit) &&
        (bound.operator === '=' || bound.operator[0] === direction)
      );
    }),
  );
  if (!implied) return undefined;
  const operator = direction === '>' ? '>=' : '<=';
  return { kind: 'binary', operator, left: first.path, right: first.limit, start: 0, end: 0 };
}

const isId = (path: readonly (string | number)[] | undefined): boolean => path?.length === 1 && path[0] === 'id';

/** The comparisons with constants that hold for all rows that pass. */
function statedBounds(parts: readonly Expression[], implied: readonly Expression[], alias: string): Bound[] {
  return [...parts, ...implied].map((part) => boundOf(part, alias)).filter((bound) => bound !== undefined);
}

function searchedPath(part: Expression, alias: string): readonly (string | number)[] | undefined {
  let operand: Expression | undefined;
  if (part.kind === 'like') operand = part.operand;
  if (part.kind === 'call' && SEARCHES.has(part.name)) [operand] = part.args;
  const found = operand === undefined ? undefined : pathOf(operand);
  return found?.alias === alias && found.path.length > 0 && !isId(found.path) ? found.path : undefined;
}

/** Looks for what indexes can serve in the filter of a query whose item is `alias`. */
export function filterShape(where: Expression | undefined, alias: string): FilterShape {
  const parts = where === undefined ? [] : conjuncts(where);
  const implied = parts.map((part) => impliedBound(part, alias)).filter((bound) => bound !== undefined);
  const bounds = statedBounds(parts, implied, alias);
  const equalPaths = bounds
    .filter((bound) => bound.operator === '=')
    .map((bound) => pathOf(bound.path)?.path ?? [])
    .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  const listsIds = parts.some((part) => part.kind === 'in' && !part.negated && isId(pathOf(part.needle)?.path));
  return {
    equalPaths: equalPaths.slice(0, MAX_EQUAL_PATHS),
    pinnedPaths: new Set(bounds.filter((bound) => PINNING.has(bound.operator)).map((bound) => pathName(bound.path))),
    namesId: listsIds || equalPaths.some(isId),
    implied,
    searchedPath: parts.map((part) => searchedPath(part, alias)).find((path) => path !== undefined),
  };
}
