import { badRequest, unsupported } from '../errors.ts';
import type { Json } from '../json.ts';
import type { BinaryOperator, Expression, Source } from './ast.ts';
import { equality, type Mode, membership, type OrderOperator, ordering } from './compare.ts';
import { compileCall } from './functions.ts';
import { constantOf, documentValue, pathOf } from './paths.ts';
import { arrayOf, existsCondition, scalarOf } from './subquery.ts';
import {
  constantValue,
  definedValue,
  elementValue,
  isDefined,
  listJson,
  objectJson,
  type SqlValue,
  typedValue,
  UNDEFINED,
  valueAtPath,
} from './value.ts';

/** What an alias stands for: the document, or the element of an array that is iterated. */
export type Binding =
  | { readonly kind: 'document'; readonly column: string }
  | { readonly kind: 'element'; readonly table: string };

/** A parameter of a query as clients send it. */
export interface QueryParameter {
  readonly name: string;
  readonly value: Json | undefined;
}

/** Compiles expressions of one query to SQLite text with numbered placeholders. */
export class Compiler {
  /** Values of the placeholders `?1`, `?2`, … */
  readonly bound: (string | number | null)[] = [];
  readonly #parameters: Map<string, Json | undefined>;
  readonly #bindings = new Map<string, Binding>();
  readonly #compiledParameters = new Map<string, SqlValue>();
  #tables = 0;

  constructor(parameters: readonly QueryParameter[]) {
    this.#parameters = new Map(parameters.map(({ name, value }) => [name, value]));
  }

  /** A placeholder for a value. */
  bind = (value: string | number | null): string => {
    this.bound.push(value);
    return `?${this.bound.length}`;
  };

  /** Makes an alias known. @throws CosmosError 400 when it is taken. */
  define(alias: string, binding: Binding): void {
    if (this.#bindings.has(alias)) throw badRequest(`The input set with name '${alias}' is defined more than once.`);
    this.#bindings.set(alias, binding);
  }

  /** Whether an alias is known. */
  isDefinedAlias(alias: string): boolean {
    return this.#bindings.has(alias);
  }

  /** Takes an alias back, at the end of the subquery that has defined it. */
  forget(alias: string): void {
    this.#bindings.delete(alias);
  }

  /** What an alias stands for. @throws CosmosError 400 when it is unknown. */
  bindingOf(alias: string): Binding {
    const binding = this.#bindings.get(alias);
    if (binding === undefined) throw badRequest(`Identifier '${alias}' could not be resolved.`);
    return binding;
  }

  /** `JOIN alias IN array` as a table for SQLite's FROM. */
  defineIteration(source: Source): string {
    if (source.iterated === undefined) throw unsupported('A second container in FROM');
    const iterated = this.compile(source.iterated);
    this.#tables += 1;
    const table = `j${this.#tables}`;
    this.define(source.alias, { kind: 'element', table });
    return `json_each(CASE WHEN ${iterated.rank} = 6 THEN ${iterated.json} ELSE '[]' END) AS ${table}`;
  }

  /** A fresh `json_each` table and its element, for functions that search arrays. */
  arrayElement(): { table: string; value: SqlValue } {
    this.#tables += 1;
    const table = `j${this.#tables}`;
    return { table, value: elementValue(table, []) };
  }

  /** The value of a parameter. @throws CosmosError 400 when the query names one that was not sent. */
  parameter(name: string): Json | undefined {
    if (!this.#parameters.has(name)) throw badRequest(`The query parameter '${name}' has no value.`);
    return this.#parameters.get(name);
  }

  /** The value of an expression. */
  compile(expression: Expression): SqlValue {
    switch (expression.kind) {
      case 'literal':
        return constantValue(expression.value, this.bind);
      case 'undefined':
        return UNDEFINED;
      case 'parameter':
        return this.#parameter(expression.name);
      case 'alias':
      case 'member':
        return this.#path(expression);
      case 'unary':
        return this.#unary(expression.operator, expression.operand);
      case 'binary':
        return this.#binary(expression.operator, expression.left, expression.right);
      case 'conditional':
        return this.#choose(`(${this.condition(expression.test, 'truthy')}) IS TRUE`, expression.then, expression.else);
      case 'call':
        return compileCall(this, expression.name, expression.args);
      case 'array':
      case 'object':
        return this.#constructed(expression);
      case 'in':
      case 'between':
      case 'like':
        return typedValue('boolean', this.condition(expression, 'exact'));
      case 'exists':
        return definedValue('boolean', this.condition(expression, 'exact'));
      case 'collected':
        return arrayOf(this, expression.query);
      case 'scalar':
        return scalarOf(this, expression.query);
      default:
        return expression satisfies never;
    }
  }

  /** A boolean expression as a SQLite condition. */
  condition(expression: Expression, mode: Mode): string {
    switch (expression.kind) {
      case 'binary':
        return (
          this.#binaryCondition(expression.operator, expression.left, expression.right, mode) ??
          this.#asCondition(expression)
        );
      case 'unary':
        return expression.operator === 'NOT'
          ? `(NOT (${this.condition(expression.operand, 'exact')}))`
          : this.#asCondition(expression);
      case 'in': {
        const list = expression.list.map((item) => this.compile(item));
        const found = membership(this.compile(expression.needle), list, expression.negated ? 'exact' : mode);
        return expression.negated ? `(NOT (${found}))` : found;
      }
      case 'between': {
        const operand = this.compile(expression.operand);
        const inner = expression.negated ? 'exact' : mode;
        const low = ordering('>=', operand, this.compile(expression.low), inner);
        const high = ordering('<=', operand, this.compile(expression.high), inner);
        return expression.negated ? `(NOT (${low} AND ${high}))` : `(${low} AND ${high})`;
      }
      case 'like': {
        const found = this.#like(expression.operand, expression.pattern, expression.escape);
        return expression.negated ? `(NOT (${found}))` : found;
      }
      case 'exists':
        return existsCondition(this, expression.query);
      default:
        return this.#asCondition(expression);
    }
  }

  #asCondition(expression: Expression): string {
    const value = this.compile(expression);
    if (value.type === 'boolean') return value.value;
    return value.type === 'any' ? `CASE WHEN ${value.rank} = 2 THEN ${value.value} END` : 'NULL';
  }

  #binaryCondition(operator: BinaryOperator, left: Expression, right: Expression, mode: Mode): string | undefined {
    switch (operator) {
      case 'AND':
      case 'OR':
        return `(${this.condition(left, mode)} ${operator} ${this.condition(right, mode)})`;
      case '=':
        return equality(this.compile(left), this.compile(right), mode);
      case '!=':
        return `(NOT (${equality(this.compile(left), this.compile(right), 'exact')}))`;
      case '<':
      case '<=':
      case '>':
      case '>=':
        return ordering(operator as OrderOperator, this.compile(left), this.compile(right), mode);
      default:
        return undefined;
    }
  }

  #parameter(name: string): SqlValue {
    const known = this.#compiledParameters.get(name);
    if (known !== undefined) return known;
    const value = this.parameter(name);
    const compiled = value === undefined ? UNDEFINED : constantValue(value, this.bind);
    this.#compiledParameters.set(name, compiled);
    return compiled;
  }

  #path(expression: Expression): SqlValue {
    const found = pathOf(expression);
    if (found === undefined) {
      if (expression.kind !== 'member') throw badRequest('The expression is no property.');
      return valueAtPath(this.compile(expression.object).json, [expression.key]);
    }
    const binding = this.bindingOf(found.alias);
    return binding.kind === 'element'
      ? elementValue(binding.table, found.path)
      : documentValue(binding.column, found.path);
  }

  #unary(operator: 'NOT' | '-' | '+', operand: Expression): SqlValue {
    if (operator === 'NOT') return typedValue('boolean', `(NOT (${this.condition(operand, 'exact')}))`);
    if (operand.kind === 'literal' && typeof operand.value === 'number') {
      return constantValue(operator === '-' ? -operand.value : operand.value, this.bind);
    }
    const number = this.number(operand);
    return typedValue('number', operator === '-' ? `(0.0 - ${number})` : number);
  }

  /** SQL of an operand that is a number, or NULL. */
  number(expression: Expression): string {
    return this.as(this.compile(expression), 'number');
  }

  /** SQL of a value when it has the wanted type, else NULL. Numbers become doubles, as all of the service's are. */
  as(value: SqlValue, type: 'number' | 'string' | 'boolean'): string {
    const ranks = { number: 4, string: 5, boolean: 2 };
    let sql = 'NULL';
    if (value.type === 'any') sql = `CASE WHEN ${value.rank} = ${ranks[type]} THEN ${value.value} END`;
    else if (value.type === type) sql = value.value;
    return type === 'number' ? `CAST(${sql} AS REAL)` : `(${sql})`;
  }

  #binary(operator: BinaryOperator, left: Expression, right: Expression): SqlValue {
    const condition = this.#binaryCondition(operator, left, right, 'exact');
    if (condition !== undefined) return typedValue('boolean', condition);
    if (operator === '??') {
      const value = this.compile(left);
      return this.#pick(isDefined(value), value, this.compile(right));
    }
    if (operator === '||') {
      const texts = [left, right].map((side) => this.as(this.compile(side), 'string'));
      return typedValue('string', `(${texts.join(' || ')})`);
    }
    const [first, second] = [this.number(left), this.number(right)];
    if (operator === '%') return typedValue('number', `cosmos_modulo(${first}, ${second})`);
    return typedValue('number', `(${first} ${operator} ${second})`);
  }

  #choose(test: string, then: Expression, otherwise: Expression): SqlValue {
    return this.#pick(test, this.compile(then), this.compile(otherwise));
  }

  /** `IIF(test, then, else)` and the ternary operator. */
  choose(test: Expression, then: Expression, otherwise: Expression): SqlValue {
    return this.#choose(`(${this.condition(test, 'truthy')}) IS TRUE`, then, otherwise);
  }

  #pick(test: string, then: SqlValue, otherwise: SqlValue): SqlValue {
    const part = (name: 'rank' | 'value' | 'json'): string =>
      `CASE WHEN ${test} THEN ${then[name]} ELSE ${otherwise[name]} END`;
    return { type: 'any', rank: part('rank'), value: part('value'), json: part('json') };
  }

  #constructed(expression: Expression & { kind: 'array' | 'object' }): SqlValue {
    const constant = constantOf(expression, (name) => this.parameter(name));
    if (constant !== undefined) return constantValue(constant.json, this.bind);
    if (expression.kind === 'array') return listJson(expression.items.map((item) => this.compile(item).json));
    const entries = expression.entries.map(({ key, value }) => ({ key, json: this.compile(value).json }));
    return objectJson(entries, this.bind);
  }

  #like(operand: Expression, pattern: Expression, escapeCharacter: Expression | undefined): string {
    const text = this.as(this.compile(operand), 'string');
    const escapeText = escapeCharacter === undefined ? 'NULL' : this.as(this.compile(escapeCharacter), 'string');
    return `cosmos_like(${text}, ${this.as(this.compile(pattern), 'string')}, ${escapeText})`;
  }
}
