import { EventType, type HistoryEvent } from '../history-event.ts';
import type { HttpRequest } from './action.ts';
import { HTTP_POLL_MS } from './durations.ts';
import { Leaf, type Scheduler } from './node.ts';

/** What an HTTP call's task ends with, as JSON. */
interface HttpResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP call, which follows a 202 with a Location until there is another answer, unless the app asks it not to. */
export class HttpNode extends Leaf {
  readonly #scheduler: Scheduler;
  readonly #request: HttpRequest;
  #timer: number | undefined;
  #poll: number | undefined;

  constructor(scheduler: Scheduler, request: HttpRequest) {
    super();
    this.#scheduler = scheduler;
    this.#request = request;
    scheduler.schedule(this, (id) => ({ id, kind: 'http', request: JSON.stringify(request) }));
  }

  override take(event: HistoryEvent, id: number): void {
    if (id === this.#timer) {
      this.#timer = undefined;
      return;
    }
    const result =
      event.EventType === EventType.TaskCompleted ? (JSON.parse(event.Result ?? '{}') as HttpResult) : undefined;
    const location = result?.statusCode === 202 ? headerOf(result, 'location') : undefined;
    if (result === undefined || location === undefined || !this.#request.asynchronousPatternEnabled) {
      this.isSettled = true;
      return;
    }
    const retryAfter = headerOf(result, 'retry-after');
    const delayMs = retryAfter === undefined ? HTTP_POLL_MS : (Number(retryAfter) || 0) * 1000;
    const fireAtMs = this.#scheduler.nowMs + delayMs;
    this.#timer = this.#scheduler.schedule(this, (timer) => ({
      id: timer,
      kind: 'timer',
      fireAtMs,
      isCancelled: false,
    }));
    const { content: _, ...request } = this.#request;
    const poll = JSON.stringify({ ...request, method: 'GET', uri: new URL(location, this.#request.uri).href });
    this.#poll = this.#scheduler.schedule(this, (next) => ({ id: next, kind: 'http', request: poll }));
  }

  override mayBegin(id: number): boolean {
    return id !== this.#poll || this.#timer === undefined;
  }
}

const headerOf = ({ headers = {} }: HttpResult, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] || undefined;
