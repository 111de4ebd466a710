import type { ProblemDocument } from '../../shared/contracts/problem.ts';
import type { Answer, ApiDescription, Json, Operation } from './api-description.ts';

export interface CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>> | string;
  readonly body?: unknown;
  /** The body's bytes as they are, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that the OpenAPI document allows. */
export class CheckedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly raw: string;

  constructor(answer: Answer) {
    this.status = answer.status;
    this.headers = answer.headers;
    this.raw = answer.text;
  }

  get json(): Json {
    return this.raw === '' ? {} : (JSON.parse(this.raw) as Json);
  }

  get problem(): ProblemDocument {
    return this.json as unknown as ProblemDocument;
  }

  get items(): Json[] {
    return this.json['items'] as Json[];
  }

  get etag(): string {
    return this.headers.get('etag') ?? '';
  }

  text(field: string): string {
    const value = this.json[field];
    if (typeof value !== 'string') throw new Error(`The answer has no text ${field}: ${this.raw}`);
    return value;
  }
}

/** Calls operations by their id; every answer is checked against the OpenAPI document before a test sees it. */
export class ApiCaller {
  readonly #base: string;
  readonly #api: ApiDescription;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(base: string, api: ApiDescription, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#api = api;
    this.#headers = headers;
  }

  operation(id: string): Operation {
    const operation = this.#api.operations.get(id);
    if (operation === undefined) throw new Error(`The API has no operation ${id}`);
    return operation;
  }

  /** A success, or an error that says what came instead. */
  async call(id: string, options: CallOptions = {}): Promise<CheckedAnswer> {
    const answer = await this.send(id, options);
    if (answer.status !== this.operation(id).successStatus) throw new Error(`${id}: ${answer.status} ${answer.raw}`);
    return answer;
  }

  /** Whatever the API answers. */
  async send(id: string, options: CallOptions = {}): Promise<CheckedAnswer> {
    const operation = this.operation(id);
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
      encodeURIComponent(options.params?.[name] ?? ''),
    );
    const query =
      typeof options.query === 'string'
        ? options.query
        : new URLSearchParams(
            Object.entries(options.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
          ).toString();
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(`${this.#base}${path}${query === '' ? '' : `?${query}`}`, {
      method: operation.method,
      headers: {
        ...this.#headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    this.#api.check(operation, answer);
    return new CheckedAnswer(answer);
  }
}
