import type { Wire } from '../../../adapters/kit/open-call.ts';
import { decodeBody } from './body.ts';
import type { Cassette, Interaction, RecordedCall, RecordedDelivery } from './cassette.ts';
import { differenceOf } from './difference.ts';
import { placeholdersIn } from './named-secrets.ts';
import { answerOf, describeRequest, rawRequest } from './recorder.ts';
import { Redactor } from './redactor.ts';

export interface PlayOptions {
  /** Secrets that calls are made with now, under the names that they were recorded with. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Headers of calls, in lower case, that may be others than recorded. `user-agent` always may. */
  readonly ignoreHeaders?: readonly string[];
}

/** A recorded request that came in, byte for byte but for its secrets. */
export interface PlayedDelivery {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: RecordedDelivery['request']['headers'];
  readonly body: Buffer;
  /** What it was answered when it was recorded. */
  readonly answer: RecordedDelivery['answer'];
}

/** What was played is not what was recorded. */
export class CassetteMismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CassetteMismatch';
  }
}

/**
 * Plays a cassette in its order: hands out deliveries, and answers calls as they were answered. Nothing is answered twice, and nothing reaches the network.
 * After the first mismatch every call fails; `finish` tells it, since a caller may take a failed call for a provider that is down.
 */
export class CassettePlayer {
  readonly #interactions: readonly Interaction[];
  readonly #redactor: Redactor;
  readonly #ignored: ReadonlySet<string>;
  #next = 0;
  #mismatch: CassetteMismatch | undefined;

  constructor({ interactions }: Cassette, { secrets = {}, ignoreHeaders = [] }: PlayOptions = {}) {
    this.#interactions = interactions;
    this.#redactor = new Redactor(secrets);
    for (const placeholder of placeholdersIn(JSON.stringify(interactions))) this.#redactor.knowPlaceholder(placeholder);
    this.#ignored = new Set(['user-agent', ...ignoreHeaders]);
  }

  /** To be given to `createOpenCall` as `wrapWire`. */
  readonly wrapWire = (_wire: Wire): Wire => {
    return async (request) => {
      const made = describeRequest(this.#redactor, rawRequest(request));
      const { outcome } = this.#takeCall(made);
      if ('error' in outcome) throw Object.assign(new Error(outcome.error.code), { code: outcome.error.code });
      const { status, headers, body } = outcome.answer;
      return { ...answerOf(status, decodeBody(body)), headers };
    };
  };

  /** The next delivery; `undefined` when the cassette is at its end. */
  nextDelivery(): PlayedDelivery | undefined {
    const recorded = this.#interactions[this.#next];
    if (recorded === undefined) return undefined;
    if (recorded.kind !== 'delivery') {
      throw this.#fail(`a delivery was asked for, but ${this.#name(recorded)} comes first`);
    }
    this.#next += 1;
    const { method, url, headers, body } = recorded.request;
    return { method, url, headers, body: decodeBody(body), answer: recorded.answer };
  }

  /** Throws the first mismatch, or when something of the cassette was not used. */
  finish(): void {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    const unused = this.#interactions.length - this.#next;
    const first = this.#interactions[this.#next];
    if (first === undefined) return;
    throw this.#fail(
      `${unused} of ${this.#interactions.length} exchanges were not used, the first is ${this.#name(first)}`,
    );
  }

  #takeCall(made: RecordedCall['request']): RecordedCall {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    const recorded = this.#interactions[this.#next];
    const call = `${made.method} ${made.url}`;
    if (recorded === undefined) throw this.#fail(`${call} was called after the end of the cassette`);
    if (recorded.kind !== 'call') throw this.#fail(`${call} was called, but ${this.#name(recorded)} comes first`);
    const difference = differenceOf(this.#compared(recorded.request), this.#compared(made));
    if (difference !== undefined) throw this.#fail(`${call} is not ${this.#name(recorded)}: ${difference}`);
    this.#next += 1;
    return recorded;
  }

  #compared(request: RecordedCall['request']): RecordedCall['request'] {
    const headers = Object.entries(request.headers).filter(([name]) => !this.#ignored.has(name));
    return { ...request, headers: Object.fromEntries(headers) };
  }

  #name({ kind, request }: Interaction): string {
    return `exchange ${this.#next + 1} (${kind} ${request.method} ${request.url})`;
  }

  #fail(message: string): CassetteMismatch {
    this.#mismatch ??= new CassetteMismatch(message);
    return this.#mismatch;
  }
}
