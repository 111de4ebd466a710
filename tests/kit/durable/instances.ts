import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { pollUntil } from '../poll-until.ts';
import type { Value } from './program.ts';

/** As it was parsed: a schema that copies would lose keys like `__proto__`. */
const value = z.unknown().transform((each) => each as Value);

const instance = z.object({
  name: z.string(),
  instanceId: z.string(),
  runtimeStatus: z.string(),
  output: value,
  customStatus: value.nullish(),
  historyEvents: z.array(z.record(z.string(), z.unknown())).nullish(),
});

/** An orchestration as the management API shows it. */
export type Instance = z.infer<typeof instance>;

const ended = new Set(['Completed', 'Failed', 'Terminated', 'Canceled']);

export const hasEnded = ({ runtimeStatus }: Pick<Instance, 'runtimeStatus'>): boolean => ended.has(runtimeStatus);

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** How long a host may be away. */
const awayMs = 20_000;

/** The orchestrations of a host, by its management API; calls are repeated while the host is away. */
export class Instances {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Starts an orchestration, exactly once. */
  async start(name: string, id: string, input: unknown, by: 'api' | 'app'): Promise<void> {
    const path = by === 'api' ? this.#path(`orchestrators/${name}/${id}`) : `/api/start/${name}/${id}`;
    const body = JSON.stringify(input);
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst && (await this.find(id)) !== undefined) return;
      const answer = await this.#tryOnce('POST', path, body);
      if (answer?.status === 202) return;
      if (answer !== undefined && answer.status !== 503) throw unexpected('The start', answer);
      await pause(20);
    }
  }

  /** Undefined when there is no such instance. */
  async find(id: string, query = ''): Promise<Instance | undefined> {
    const answer = await this.#call('GET', this.#path(`instances/${encodeURIComponent(id)}${query}`));
    if (answer.status === 404) return undefined;
    if (![200, 202].includes(answer.status)) throw unexpected('The status', answer);
    return instance.parse(JSON.parse(answer.text));
  }

  /** Asks until the instance has ended; undefined when it has not in time. */
  async end(id: string, withinMs: number): Promise<Instance | undefined> {
    const deadline = Date.now() + withinMs;
    for (let delayMs = 20; ; delayMs = Math.min(delayMs * 1.5, 500)) {
      const found = await this.find(id);
      if (found !== undefined && hasEnded(found)) return found;
      if (Date.now() > deadline) return undefined;
      await pause(delayMs);
    }
  }

  /** Answers the status code: 202, or 410 when the instance has ended. */
  async raise(id: string, event: string, data: unknown): Promise<number> {
    const path = this.#path(`instances/${encodeURIComponent(id)}/raiseEvent/${encodeURIComponent(event)}`);
    return this.#command(path, JSON.stringify(data));
  }

  async suspend(id: string): Promise<number> {
    return this.#command(this.#path(`instances/${encodeURIComponent(id)}/suspend?reason=test`));
  }

  async resume(id: string): Promise<number> {
    return this.#command(this.#path(`instances/${encodeURIComponent(id)}/resume?reason=test`));
  }

  /** All instances, page by page. */
  async list(top = 100): Promise<Instance[]> {
    const all: Instance[] = [];
    let token: string | null = null;
    do {
      const headers: Record<string, string> = token === null ? {} : { 'x-ms-continuation-token': token };
      const answer: Answer = await this.#call('GET', this.#path(`instances?top=${top}`), undefined, headers);
      if (answer.status !== 200) throw unexpected('The list', answer);
      all.push(...z.array(instance).parse(JSON.parse(answer.text)));
      token = answer.headers.get('x-ms-continuation-token');
    } while (token !== null && token !== '');
    return all;
  }

  /** The state of an entity; undefined when it does not exist. */
  async entity(name: string, key: string): Promise<Value | undefined> {
    const answer = await this.#call('GET', this.#path(`entities/${name}/${encodeURIComponent(key)}`));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw unexpected('The entity', answer);
    return value.parse(JSON.parse(answer.text));
  }

  async #command(path: string, body?: string): Promise<number> {
    const answer = await this.#call('POST', path, body);
    if (![202, 410].includes(answer.status)) throw unexpected(path, answer);
    return answer.status;
  }

  #path(path: string): string {
    return `/runtime/webhooks/durabletask/${path}`;
  }

  async #call(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
    return pollUntil(
      `An answer to ${method} ${path}`,
      async () => {
        const answer = await this.#tryOnce(method, path, body, headers);
        return answer?.status === 503 ? undefined : answer;
      },
      awayMs,
    );
  }

  /** Undefined when the connection broke off. */
  async #tryOnce(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer | undefined> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      // The only way in which fetch says that there is nobody, or no longer.
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

function unexpected(what: string, { status, text }: Answer): Error {
  return new Error(`${what} was answered with ${status}: ${text.slice(0, 500)}`);
}
