import { badRequest, unsupported } from '../errors.ts';
import type { Count, Expression, OrderKey, Query, SelectItem, Selection, Source, Span } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { TokenStream } from './token-stream.ts';

const MAX_QUERY_LENGTH = 512 * 1024;
const MAX_CACHED_QUERIES = 500;

class QueryParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(text: string) {
    this.#tokens = new TokenStream(text);
    this.#expressions = new ExpressionParser(this.#tokens, () => this.parseQuery());
  }

  /** Parses the whole text as one query. */
  parseAll(): Query {
    const query = this.parseQuery();
    this.#expectEnd();
    return query;
  }

  parseQuery(): Query {
    const tokens = this.#tokens;
    tokens.expectKeyword('SELECT');
    const distinct = tokens.acceptKeyword('DISTINCT');
    const top = tokens.acceptKeyword('TOP') ? this.#count() : undefined;
    const selectionStart = tokens.peek().start;
    const selection = this.#selection();
    const selectionSpan = { start: selectionStart, end: tokens.lastEnd };
    const fromStart = tokens.peek().start;
    const sources = tokens.acceptKeyword('FROM') ? this.#sources() : [];
    const fromSpan = sources.length === 0 ? undefined : { start: fromStart, end: tokens.lastEnd };
    const where = tokens.acceptKeyword('WHERE') ? this.#expressions.parse() : undefined;
    const groupBy = this.#acceptBy('GROUP') ? this.#commaSeparated(() => this.#expressions.parse()) : [];
    const orderBy = this.#acceptBy('ORDER') ? this.#commaSeparated(() => this.#orderKey()) : [];
    const paging = this.#paging();
    return { distinct, top, selection, sources, where, groupBy, orderBy, fromSpan, selectionSpan, ...paging };
  }

  /** A condition as patches have it: `FROM alias WHERE expression`. */
  parseCondition(): { alias: string; where: Expression } {
    const tokens = this.#tokens;
    tokens.expectKeyword('FROM');
    const sources = this.#sources();
    const [source] = sources;
    if (source === undefined || sources.length > 1 || source.iterated !== undefined) {
      throw unsupported('A patch condition on anything but the item itself');
    }
    tokens.expectKeyword('WHERE');
    const where = this.#expressions.parse();
    this.#expectEnd();
    return { alias: source.alias, where };
  }

  #expectEnd(): void {
    if (this.#tokens.peek().kind !== 'end') throw this.#tokens.unexpected();
  }

  #acceptBy(word: string): boolean {
    if (!this.#tokens.acceptKeyword(word)) return false;
    this.#tokens.expectKeyword('BY');
    return true;
  }

  #commaSeparated<T>(parse: () => T): T[] {
    const items = [parse()];
    while (this.#tokens.acceptSymbol(',')) items.push(parse());
    return items;
  }

  #count(): Count {
    const token = this.#tokens.peek();
    if (token.kind === 'parameter') return { parameter: this.#tokens.next().text };
    if (token.kind === 'number' && /^\d+$/.test(token.text)) return { literal: Number(this.#tokens.next().text) };
    throw this.#tokens.unexpected();
  }

  #selection(): Selection {
    if (this.#tokens.acceptSymbol('*')) return { kind: 'star' };
    if (this.#tokens.acceptKeyword('VALUE')) return { kind: 'value', expression: this.#expressions.parse() };
    return { kind: 'list', items: this.#commaSeparated(() => this.#selectItem()) };
  }

  #selectItem(): SelectItem {
    const expression = this.#expressions.parse();
    if (this.#tokens.acceptKeyword('AS')) return { expression, alias: this.#tokens.expectIdentifier() };
    const bare = this.#tokens.peek().kind === 'identifier';
    return { expression, alias: bare ? this.#tokens.next().text : undefined };
  }

  #sources(): Source[] {
    const sources = [this.#firstSource()];
    while (this.#tokens.acceptKeyword('JOIN')) sources.push(this.#iteration());
    return sources;
  }

  #firstSource(): Source {
    const tokens = this.#tokens;
    if (tokens.isKeyword('IN', 1)) return this.#iteration();
    if (tokens.isSymbol('(')) return this.#derived();
    const name = tokens.expectIdentifier();
    if (tokens.isSymbol('.') || tokens.isSymbol('[')) throw unsupported('A path in FROM without IN');
    if (tokens.acceptKeyword('AS')) return { alias: tokens.expectIdentifier(), iterated: undefined };
    const alias = tokens.peek().kind === 'identifier' ? tokens.next().text : name;
    return { alias, iterated: undefined };
  }

  #iteration(): Source {
    if (this.#tokens.isSymbol('(')) return this.#derived();
    const alias = this.#tokens.expectIdentifier();
    if (!this.#tokens.acceptKeyword('IN')) throw unsupported('A JOIN without IN');
    const iterated = this.#expressions.parse();
    // The rows of a subquery are iterated, not the array that one of them may be.
    return { alias, iterated: iterated.kind === 'scalar' ? { ...iterated, kind: 'collected' } : iterated };
  }

  /** `(subquery) AS alias`: its rows. */
  #derived(): Source {
    const tokens = this.#tokens;
    const start = tokens.peek().start;
    tokens.expectSymbol('(');
    const query = this.parseQuery();
    tokens.expectSymbol(')');
    const end = tokens.lastEnd;
    if (!tokens.acceptKeyword('AS') && tokens.peek().kind !== 'identifier') {
      throw unsupported('A subquery in FROM or JOIN without an alias');
    }
    return { alias: tokens.expectIdentifier(), iterated: { kind: 'collected', query, start, end } };
  }

  #orderKey(): OrderKey {
    const expression = this.#expressions.parse();
    if (expression.kind === 'call' && expression.name === 'RANK') throw unsupported('ORDER BY RANK');
    const descending = this.#tokens.acceptKeyword('DESC');
    if (!descending) this.#tokens.acceptKeyword('ASC');
    return { expression, descending };
  }

  #paging(): { offset: Count | undefined; limit: Count | undefined } {
    if (!this.#tokens.acceptKeyword('OFFSET')) return { offset: undefined, limit: undefined };
    const offset = this.#count();
    this.#tokens.expectKeyword('LIMIT');
    return { offset, limit: this.#count() };
  }
}

const parsed = new Map<string, Query>();

/** Parses a query; the same text is parsed once. @throws CosmosError 400 */
export function parseQuery(text: string): Query {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_QUERY_LENGTH) throw badRequest('The SQL query text exceeded the maximum limit of 512 KB.');
  const query = new QueryParser(text).parseAll();
  if (parsed.size >= MAX_CACHED_QUERIES) parsed.clear();
  parsed.set(text, query);
  return query;
}

/** Parses the condition of a patch. @throws CosmosError 400 */
export function parseCondition(text: string): { alias: string; where: Expression } {
  return new QueryParser(text).parseCondition();
}

/** The text of a node. */
export function sourceOf(text: string, span: Span): string {
  return text.slice(span.start, span.end);
}
