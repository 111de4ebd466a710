import { unsupported } from '../errors.ts';
import type { BinaryOperator, Expression, Query } from './ast.ts';
import type { TokenStream } from './token-stream.ts';

/** Binary operators from the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ['OR'],
  ['AND'],
  ['=', '!=', '<>', '<', '<=', '>', '>='],
  ['||'],
  ['+', '-'],
  ['*', '/', '%'],
];
const COMPARISON_LEVEL = 2;
const MAX_DEPTH = 200;

/** Parses expressions; subqueries are left to the function that parses whole queries. */
export class ExpressionParser {
  readonly #tokens: TokenStream;
  readonly #parseQuery: () => Query;
  #depth = 0;

  constructor(tokens: TokenStream, parseQuery: () => Query) {
    this.#tokens = tokens;
    this.#parseQuery = parseQuery;
  }

  /** Parses one expression. @throws CosmosError 400 */
  parse(): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw unsupported(`An expression nested deeper than ${MAX_DEPTH} levels`);
    const start = this.#tokens.peek().start;
    let expression = this.#binary(0);
    while (this.#tokens.acceptSymbol('??')) {
      const right = this.#binary(0);
      expression = { kind: 'binary', operator: '??', left: expression, right, ...this.#from(start) };
    }
    if (this.#tokens.acceptSymbol('?')) {
      const then = this.parse();
      this.#tokens.expectSymbol(':');
      const otherwise = this.parse();
      expression = { kind: 'conditional', test: expression, then, else: otherwise, ...this.#from(start) };
    }
    this.#depth -= 1;
    return expression;
  }

  #from(start: number): { start: number; end: number } {
    return { start, end: this.#tokens.lastEnd };
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    const start = this.#tokens.peek().start;
    let left = this.#binary(level + 1);
    for (;;) {
      if (level === COMPARISON_LEVEL) {
        const special = this.#specialComparison(left, start);
        if (special !== undefined) {
          left = special;
          continue;
        }
      }
      const token = this.#tokens.peek();
      if ((token.kind !== 'symbol' && token.kind !== 'keyword') || !operators.includes(token.text)) return left;
      this.#tokens.next();
      const operator = (token.text === '<>' ? '!=' : token.text) as BinaryOperator;
      const right = this.#binary(level + 1);
      left = { kind: 'binary', operator, left, right, ...this.#from(start) };
    }
  }

  /** `[NOT] IN`, `[NOT] BETWEEN`, `[NOT] LIKE` after an operand. */
  #specialComparison(operand: Expression, start: number): Expression | undefined {
    const tokens = this.#tokens;
    const negated = tokens.isKeyword('NOT') && ['IN', 'BETWEEN', 'LIKE'].some((word) => tokens.isKeyword(word, 1));
    if (negated) tokens.next();
    if (tokens.acceptKeyword('IN')) {
      tokens.expectSymbol('(');
      const list = this.#list(')');
      return { kind: 'in', needle: operand, list, negated, ...this.#from(start) };
    }
    if (tokens.acceptKeyword('BETWEEN')) {
      const low = this.#binary(COMPARISON_LEVEL + 1);
      tokens.expectKeyword('AND');
      const high = this.#binary(COMPARISON_LEVEL + 1);
      return { kind: 'between', operand, low, high, negated, ...this.#from(start) };
    }
    if (tokens.acceptKeyword('LIKE')) {
      const pattern = this.#binary(COMPARISON_LEVEL + 1);
      const escapeCharacter = tokens.acceptKeyword('ESCAPE') ? this.#unary() : undefined;
      return { kind: 'like', operand, pattern, escape: escapeCharacter, negated, ...this.#from(start) };
    }
    return undefined;
  }

  #unary(): Expression {
    const start = this.#tokens.peek().start;
    // As in the service's grammar, NOT binds tighter than a comparison: `NOT a = b` is `(NOT a) = b`.
    if (this.#tokens.acceptKeyword('NOT')) {
      const operand = this.#unary();
      return { kind: 'unary', operator: 'NOT', operand, ...this.#from(start) };
    }
    for (const operator of ['-', '+'] as const) {
      if (this.#tokens.acceptSymbol(operator)) {
        const operand = this.#unary();
        return { kind: 'unary', operator, operand, ...this.#from(start) };
      }
    }
    return this.#postfix(start);
  }

  #postfix(start: number): Expression {
    let expression = this.#primary();
    for (;;) {
      if (this.#tokens.acceptSymbol('.')) {
        const key = this.#tokens.expectIdentifier();
        expression = { kind: 'member', object: expression, key, ...this.#from(start) };
      } else if (this.#tokens.acceptSymbol('[')) {
        const key = this.#index();
        this.#tokens.expectSymbol(']');
        expression = { kind: 'member', object: expression, key, ...this.#from(start) };
      } else {
        return expression;
      }
    }
  }

  #index(): string | number {
    const token = this.#tokens.peek();
    if (token.kind === 'string') return this.#tokens.next().text;
    if (token.kind === 'number' && /^\d+$/.test(token.text)) return Number(this.#tokens.next().text);
    throw unsupported('A computed index in []');
  }

  #primary(): Expression {
    const tokens = this.#tokens;
    const token = tokens.peek();
    const span = { start: token.start, end: token.end };
    if (token.kind === 'number') return this.#take({ kind: 'literal', value: Number(token.text), ...span });
    if (token.kind === 'string') return this.#take({ kind: 'literal', value: token.text, ...span });
    if (token.kind === 'parameter') return this.#take({ kind: 'parameter', name: token.text, ...span });
    if (token.kind === 'identifier') return this.#named();
    if (token.kind === 'keyword') return this.#keyword();
    if (tokens.acceptSymbol('(')) {
      if (tokens.isKeyword('SELECT')) return this.#subquery('scalar', span.start);
      const inner = this.parse();
      tokens.expectSymbol(')');
      return { ...inner, ...this.#from(span.start) };
    }
    if (tokens.acceptSymbol('[')) {
      const items = this.#list(']');
      return { kind: 'array', items, ...this.#from(span.start) };
    }
    if (tokens.acceptSymbol('{')) return this.#object(span.start);
    throw tokens.unexpected();
  }

  #take(expression: Expression): Expression {
    this.#tokens.next();
    return expression;
  }

  #named(): Expression {
    const token = this.#tokens.next();
    if (!this.#tokens.acceptSymbol('(')) {
      return { kind: 'alias', name: token.text, start: token.start, end: token.end };
    }
    const args = this.#list(')');
    return { kind: 'call', name: token.text.toUpperCase(), args, ...this.#from(token.start) };
  }

  #keyword(): Expression {
    const tokens = this.#tokens;
    const token = tokens.peek();
    const span = { start: token.start, end: token.end };
    if (token.text === 'TRUE') return this.#take({ kind: 'literal', value: true, ...span });
    if (token.text === 'FALSE') return this.#take({ kind: 'literal', value: false, ...span });
    if (token.text === 'NULL') return this.#take({ kind: 'literal', value: null, ...span });
    if (token.text === 'UNDEFINED') return this.#take({ kind: 'undefined', ...span });
    if (token.text === 'UDF') throw unsupported('A user-defined function');
    if (token.text === 'ARRAY' || token.text === 'EXISTS') {
      tokens.next();
      tokens.expectSymbol('(');
      return this.#subquery(token.text === 'ARRAY' ? 'collected' : 'exists', span.start);
    }
    throw tokens.unexpected();
  }

  /** A query and the parenthesis that closes it. */
  #subquery(kind: 'scalar' | 'collected' | 'exists', start: number): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw unsupported(`An expression nested deeper than ${MAX_DEPTH} levels`);
    const query = this.#parseQuery();
    this.#depth -= 1;
    this.#tokens.expectSymbol(')');
    return { kind, query, ...this.#from(start) };
  }

  #list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.#tokens.acceptSymbol(close)) return items;
    do items.push(this.parse());
    while (this.#tokens.acceptSymbol(','));
    this.#tokens.expectSymbol(close);
    return items;
  }

  #object(start: number): Expression {
    const entries: { key: string; value: Expression }[] = [];
    if (!this.#tokens.acceptSymbol('}')) {
      do {
        const key = this.#tokens.peek().kind === 'string' ? this.#tokens.next().text : this.#tokens.expectIdentifier();
        this.#tokens.expectSymbol(':');
        entries.push({ key, value: this.parse() });
      } while (this.#tokens.acceptSymbol(','));
      this.#tokens.expectSymbol('}');
    }
    return { kind: 'object', entries, ...this.#from(start) };
  }
}
