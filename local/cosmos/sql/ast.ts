/** Where in the query's text a node was written. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Binary operators; `||` joins strings, `??` replaces undefined. */
export type BinaryOperator =
  | 'AND' | 'OR' | '=' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' | '||' | '??'; // biome-ignore format: one list

/** A scalar expression. */
export type Expression = Span &
  (
    | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
    | { readonly kind: 'undefined' }
    | { readonly kind: 'parameter'; readonly name: string }
    | { readonly kind: 'alias'; readonly name: string }
    | { readonly kind: 'member'; readonly object: Expression; readonly key: string | number }
    | { readonly kind: 'unary'; readonly operator: 'NOT' | '-' | '+'; readonly operand: Expression }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: 'conditional'; readonly test: Expression; readonly then: Expression; readonly else: Expression }
    | { readonly kind: 'in'; readonly needle: Expression; readonly list: Expression[]; readonly negated: boolean }
    | {
        readonly kind: 'between';
        readonly operand: Expression;
        readonly low: Expression;
        readonly high: Expression;
        readonly negated: boolean;
      }
    | {
        readonly kind: 'like';
        readonly operand: Expression;
        readonly pattern: Expression;
        readonly escape: Expression | undefined;
        readonly negated: boolean;
      }
    | { readonly kind: 'call'; readonly name: string; readonly args: Expression[] }
    | { readonly kind: 'array'; readonly items: Expression[] }
    | { readonly kind: 'object'; readonly entries: { readonly key: string; readonly value: Expression }[] }
    | { readonly kind: 'exists'; readonly query: Query }
    /** `ARRAY (subquery)` */
    | { readonly kind: 'collected'; readonly query: Query }
    /** `(subquery)` */
    | { readonly kind: 'scalar'; readonly query: Query }
  );

/** One item of a SELECT list. */
export interface SelectItem {
  readonly expression: Expression;
  readonly alias: string | undefined;
}

/** What a query returns for each row. */
export type Selection =
  | { readonly kind: 'star' }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'list'; readonly items: SelectItem[] };

/** `FROM source alias` or `JOIN alias IN source`; no source is the container itself. */
export interface Source {
  readonly alias: string;
  /** The array to iterate; undefined for the container. */
  readonly iterated: Expression | undefined;
}

/** One key of ORDER BY. */
export interface OrderKey {
  readonly expression: Expression;
  readonly descending: boolean;
}

/** A count written as a number or a parameter. */
export type Count = { readonly literal: number } | { readonly parameter: string };

/** A parsed query. */
export interface Query {
  readonly distinct: boolean;
  readonly top: Count | undefined;
  readonly selection: Selection;
  /** Empty when there is no FROM clause. */
  readonly sources: Source[];
  readonly where: Expression | undefined;
  readonly groupBy: Expression[];
  readonly orderBy: OrderKey[];
  readonly offset: Count | undefined;
  readonly limit: Count | undefined;
  /** Text of the FROM clause, for a rewritten query. */
  readonly fromSpan: Span | undefined;
  /** Text of the selection without DISTINCT and TOP. */
  readonly selectionSpan: Span;
}
