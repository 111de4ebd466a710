import { badRequest, type CosmosError } from '../errors.ts';

/** Words that are no identifiers; as property names they must be written `c["value"]`. */
const KEYWORDS = new Set(
  `AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LIKE LIMIT NOT NULL OFFSET OR ORDER
   SELECT TOP TRUE UDF UNDEFINED VALUE WHERE`.split(/\s+/),
);

const SYMBOLS = ['!=', '<>', '<=', '>=', '||', '??', ...'=<>+-*/%.,()[]{}?:&|^~'];

/** A token; `text` is upper-cased for keywords, unescaped for strings. */
export interface Token {
  readonly kind: 'identifier' | 'keyword' | 'number' | 'string' | 'parameter' | 'symbol' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** 400 with the service's code and wording for text that is no query. */
export function syntaxError(text: string, start: number, end: number): CosmosError {
  const near = text.slice(start, end) || 'end of query';
  const error = {
    severity: 'Error',
    location: { start, end },
    code: 'SC1001',
    message: `Syntax error, incorrect syntax near '${near}'.`,
  };
  return badRequest(`Message: ${JSON.stringify({ errors: [error] })}`);
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy;
const SKIPPED = /(?:\s+|--[^\n]*)+/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, character: string | undefined) =>
      code === undefined
        ? (ESCAPES[character ?? ''] ?? character ?? '')
        : String.fromCharCode(Number.parseInt(code, 16)),
    );
}

function nextToken(text: string, start: number): Token {
  const token = (kind: Token['kind'], raw: string, value = raw): Token => ({
    kind,
    text: value,
    start,
    end: start + raw.length,
  });
  const word = match(WORD, text, start);
  if (word !== undefined) {
    const upper = word.toUpperCase();
    return KEYWORDS.has(upper) ? token('keyword', word, upper) : token('identifier', word);
  }
  const number = match(NUMBER, text, start);
  if (number !== undefined) return token('number', number);
  const quoted = match(STRING, text, start);
  if (quoted !== undefined) return token('string', quoted, unquote(quoted));
  if (text[start] === '@') {
    const name = match(WORD, text, start + 1) ?? match(NUMBER, text, start + 1);
    if (name !== undefined) return token('parameter', `@${name}`);
  }
  const symbol = SYMBOLS.find((candidate) => text.startsWith(candidate, start));
  if (symbol === undefined) throw syntaxError(text, start, start + 1);
  return token('symbol', symbol);
}

/** Splits a query into tokens; the last one has kind `end`. @throws CosmosError 400 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = match(SKIPPED, text, 0)?.length ?? 0;
  while (at < text.length) {
    const token = nextToken(text, at);
    tokens.push(token);
    at = token.end + (match(SKIPPED, text, token.end)?.length ?? 0);
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}
