import { unsupported } from '../errors.ts';
import { syntaxError, type Token, tokenize } from './lexer.ts';

/** Reads the tokens of a query one by one. */
export class TokenStream {
  readonly text: string;
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokenize(text);
  }

  /** The token `ahead` places from here. */
  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error('A token list always ends with an end token.');
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Where the last token read ends. */
  get lastEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  isKeyword(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'keyword' && token.text === word;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === symbol;
  }

  /** Reads the keyword if it is next. */
  acceptKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false;
    this.next();
    return true;
  }

  /** Reads the symbol if it is next. */
  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.next();
    return true;
  }

  expectKeyword(word: string): void {
    if (!this.acceptKeyword(word)) throw this.unexpected();
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected();
  }

  expectIdentifier(): string {
    if (this.peek().kind !== 'identifier') throw this.unexpected();
    return this.next().text;
  }

  /** The error for the next token; bitwise operators are named, for they are valid in the service. */
  unexpected(): Error {
    const token = this.peek();
    if (token.kind === 'symbol' && '&|^~'.includes(token.text)) return unsupported(`The operator '${token.text}'`);
    return syntaxError(this.text, token.start, token.end);
  }
}
