import type { Wire, WireAnswer, WireRequest } from '../../../adapters/kit/open-call.ts';
import { readBody } from '../../../adapters/kit/read-body.ts';
import { encodeBody, encodeText } from './body.ts';
import type { Body, Headers, Interaction, RecordedAnswer, RecordedRequest } from './cassette.ts';
import { storeCassette, writeCassette } from './cassette.ts';
import { Redactor } from './redactor.ts';

const mostBytes = 20 * 1024 * 1024;

/** They belong to one connection or one client, not to what was exchanged. */
const leftOut = new Set(
  'host connection keep-alive content-length transfer-encoding accept-encoding te upgrade expect'.split(' '),
);

type GivenHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: GivenHeaders;
  readonly body: Uint8Array;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: GivenHeaders;
  readonly body: Uint8Array;
}

interface Raw {
  readonly kind: 'delivery' | 'call';
  /** A body of it could not be decompressed, so nobody can tell what it holds. */
  unreadable?: boolean;
  request: RawRequest;
  outcome?: { readonly answer: RawAnswer } | { readonly error: { readonly code: string } };
}

/**
 * Records what comes in and goes out, in the order in which it began, as a cassette without secrets. Exchanges are kept in memory as they were and are
 * redacted together when the cassette is written: one may show, under no name, what another one calls a token.
 */
export class CassetteRecorder {
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #exchanges: Raw[] = [];

  /** @param secrets those that are known, by the names that shall stand for them */
  constructor(secrets: Readonly<Record<string, string>> = {}) {
    this.#secrets = secrets;
  }

  get length(): number {
    return this.#exchanges.length;
  }

  /** To be given to `createOpenCall` as `wrapWire`. */
  readonly wrapWire = (wire: Wire): Wire => {
    return async (request) => {
      const exchange: Raw = { kind: 'call', request: rawRequest(request) };
      this.#exchanges.push(exchange);
      try {
        const answer = await wire(request);
        const { statusCode: status, headers } = answer;
        const raw = await readBody(answer.body, { request: request.path, encoding: '', maxBytes: mostBytes });
        exchange.outcome = { answer: { status, headers, body: await this.#decompress(exchange, raw, headers) } };
        return { ...answerOf(status, raw), headers };
      } catch (error) {
        exchange.outcome ??= { error: { code: codeOf(error) } };
        throw error;
      }
    };
  };

  /** Notes a request that came in; what it returns notes the answer. */
  async noteDelivery(request: RawRequest): Promise<(answer: RawAnswer) => Promise<void>> {
    const exchange: Raw = { kind: 'delivery', request };
    this.#exchanges.push(exchange);
    exchange.request = { ...request, body: await this.#decompress(exchange, request.body, request.headers) };
    return async (answer) => {
      exchange.outcome = { answer: { ...answer, body: await this.#decompress(exchange, answer.body, answer.headers) } };
    };
  }

  /**
   * The cassette's text.
   *
   * @throws when a secret would be left in it, or a call has not ended
   */
  write(): string {
    const redactor = new Redactor(this.#secrets);
    for (const exchange of this.#exchanges) learn(redactor, exchange);
    // Again, now that all is known: what a name was given to may have been hidden in the first round.
    for (const exchange of this.#exchanges) learn(redactor, exchange);
    const text = writeCassette(this.#exchanges.map((exchange, index) => describe(redactor, exchange, index)));
    if (redactor.isIn(text)) throw new Error('A secret would be left in the cassette: it is not written.');
    return text;
  }

  async save(file: string): Promise<void> {
    await storeCassette(file, this.write());
  }

  /** Bodies are kept as they are without compression: with it they could neither be looked through nor be compared. */
  async #decompress(exchange: Raw, bytes: Uint8Array, headers: GivenHeaders): Promise<Uint8Array> {
    const encoding = String(headers['content-encoding'] ?? '');
    if (encoding === '') return bytes;
    try {
      return await readBody(answerOf(200, bytes).body, { request: 'A body', encoding, maxBytes: mostBytes });
    } catch {
      exchange.unreadable = true;
      return bytes;
    }
  }
}

/** An answer of the network, made of bytes that are there. */
export function answerOf(statusCode: number, bytes: Uint8Array): WireAnswer {
  async function* read() {
    yield bytes;
  }
  return { statusCode, headers: {}, body: Object.assign(read(), { dump: async () => undefined }) };
}

export function rawRequest({ origin, path, method, headers, body }: WireRequest): RawRequest {
  return { method, url: `${origin}${path}`, headers, body: Buffer.from(body ?? '') };
}

function learn(redactor: Redactor, { request, outcome }: Raw): void {
  redactor.learn(request.url, true);
  learnMessage(redactor, request);
  if (outcome !== undefined && 'answer' in outcome) learnMessage(redactor, outcome.answer);
}

function learnMessage(redactor: Redactor, { headers, body }: { headers: GivenHeaders; body: Uint8Array }): void {
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values ?? []].flat()) redactor.learnHeader(name, value);
  }
  const encoded = encodeBody(body);
  if (!('base64' in encoded)) redactor.learn(Buffer.from(body).toString('utf8'), isForm(headers));
}

function describe(redactor: Redactor, { kind, request, outcome, unreadable }: Raw, index: number): Interaction {
  if (unreadable === true) throw new Error(`A body of exchange ${index + 1} cannot be decompressed, nor recorded.`);
  const recorded = describeRequest(redactor, request);
  if (kind === 'call') {
    if (outcome === undefined) throw new Error(`Exchange ${index + 1} has not ended: ${recorded.url}`);
    return {
      kind,
      request: recorded,
      outcome: 'error' in outcome ? outcome : { answer: describeAnswer(redactor, outcome.answer) },
    };
  }
  if (outcome === undefined || 'error' in outcome) return { kind, request: recorded };
  return { kind, request: recorded, answer: describeAnswer(redactor, outcome.answer) };
}

/** A request as a cassette has it. */
export function describeRequest(redactor: Redactor, { method, url, headers, body }: RawRequest): RecordedRequest {
  return { method, url: redactor.redact(url, true), ...describeMessage(redactor, headers, body) };
}

function describeAnswer(redactor: Redactor, { status, headers, body }: RawAnswer): RecordedAnswer {
  return { status, ...describeMessage(redactor, headers, body) };
}

function describeMessage(
  redactor: Redactor,
  given: GivenHeaders,
  bytes: Uint8Array,
): { headers: Headers; body?: Body } {
  const headers: Headers = {};
  for (const [name, values] of Object.entries(given).sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (values === undefined || leftOut.has(name.toLowerCase()) || name.toLowerCase() === 'content-encoding') continue;
    const redacted = [values].flat().map((value) => redactor.redactHeader(name, value));
    headers[name.toLowerCase()] = redacted.length === 1 ? (redacted[0] ?? '') : redacted;
  }
  if (bytes.byteLength === 0) return { headers };
  const body = encodeBody(bytes);
  if (!('base64' in body)) {
    return { headers, body: encodeText(redactor.redact(Buffer.from(bytes).toString('utf8'), isForm(given))) };
  }
  if (redactor.isIn(bytes)) throw new Error('A body that is no text holds a secret: it cannot be recorded.');
  return { headers, body };
}

function isForm(headers: GivenHeaders): boolean {
  return String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
