import { badRequest, CosmosError, RetryLaterError } from '../errors.ts';
import { isJsonObject, type Json } from '../json.ts';

/** What a request for items does; requests for databases, containers and offers are never disturbed. */
export type RequestKind = 'read' | 'write' | 'query' | 'changeFeed';

/** A failure to be had, for tests of what clients make of it. */
export interface FaultRule {
  /** Only requests of this kind; absent is all. A batch is a write. */
  readonly on?: RequestKind;
  /** Only requests to the container with this id; absent is all. */
  readonly container?: string;
  /** `before` nothing has happened; `after` all of it has, and only the answer is lost. */
  readonly when: 'before' | 'after';
  /** The answer in place of the right one; absent drops the connection without any. */
  readonly status?: 408 | 410 | 429 | 449 | 500 | 503;
  /** `x-ms-retry-after-ms` of that answer. */
  readonly retryAfterMs?: number;
  /** How many requests fail in all; absent is without end. */
  readonly times?: number;
  /** Every how many of the matching requests fails; absent is each. */
  readonly every?: number;
}

/** All that can be made to go wrong. */
export interface Faults {
  readonly rules?: readonly FaultRule[];
  /**
   * 429 past a budget of request units: `offers` takes what containers and databases were given, a number gives every
   * container that many a second. Absent is without limit.
   */
  readonly budget?: 'offers' | number;
}

const KINDS = ['read', 'write', 'query', 'changeFeed'];
const STATUSES = [408, 410, 429, 449, 500, 503];

const MESSAGES: Record<number, string> = {
  408: 'The request timed out.',
  410: 'The requested resource is no longer available at the server.',
  429: 'Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later.',
  449: 'Conflicting request to resource has been attempted. Retry to avoid conflicts.',
  500: 'The service had an internal error.',
  503: 'Service is currently unavailable.',
};

/** The client gets no answer: the connection is closed. */
export class ConnectionDrop extends Error {}

function isCount(value: unknown, least: number): boolean {
  return value === undefined || (Number.isInteger(value) && Number(value) >= least);
}

function parseRule(value: Json): FaultRule {
  const rule = isJsonObject(value) ? value : {};
  const known = new Set(['on', 'container', 'when', 'status', 'retryAfterMs', 'times', 'every']);
  const isRight =
    isJsonObject(value) &&
    Object.keys(rule).every((name) => known.has(name)) &&
    (rule['on'] === undefined || KINDS.includes(String(rule['on']))) &&
    (rule['container'] === undefined || typeof rule['container'] === 'string') &&
    (rule['when'] === 'before' || rule['when'] === 'after') &&
    (rule['status'] === undefined || STATUSES.includes(Number(rule['status']))) &&
    isCount(rule['retryAfterMs'], 0) &&
    isCount(rule['times'], 1) &&
    isCount(rule['every'], 1);
  if (!isRight) throw badRequest(`The fault rule ${JSON.stringify(value)} is invalid.`);
  return rule as unknown as FaultRule;
}

/** Checks faults as they come over the wire. @throws CosmosError 400 */
export function parseFaults(value: Json): Faults {
  if (!isJsonObject(value)) throw badRequest('Faults must be a JSON object.');
  const { rules = [], budget, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) throw badRequest(`Faults have no '${other}'.`);
  if (!Array.isArray(rules)) throw badRequest('The rules of faults must be an array.');
  const isBudget = budget === undefined || budget === 'offers' || (typeof budget === 'number' && budget > 0);
  if (!isBudget) throw badRequest("The budget must be 'offers' or a positive number of request units a second.");
  return { rules: rules.map(parseRule), ...(budget === undefined ? {} : { budget: budget as number | 'offers' }) };
}

interface Armed {
  readonly rule: FaultRule;
  matched: number;
  fired: number;
}

/** Makes requests fail as its rules say. */
export class FaultInjector {
  #faults: Faults = {};
  #armed: Armed[] = [];

  get faults(): Faults {
    return this.#faults;
  }

  /** How often each rule has fired, in the order of the rules. */
  get fired(): number[] {
    return this.#armed.map(({ fired }) => fired);
  }

  /** Takes over new faults; what was counted so far is forgotten. */
  set(faults: Faults): void {
    this.#faults = faults;
    this.#armed = (faults.rules ?? []).map((rule) => ({ rule, matched: 0, fired: 0 }));
  }

  /** Fails if the first rule that matches is due. @throws CosmosError, ConnectionDrop */
  check(when: 'before' | 'after', kind: RequestKind, container: string): void {
    for (const armed of this.#armed) {
      const { rule } = armed;
      if (rule.when !== when || (rule.on ?? kind) !== kind || (rule.container ?? container) !== container) continue;
      armed.matched += 1;
      if (armed.fired >= (rule.times ?? Number.POSITIVE_INFINITY) || armed.matched % (rule.every ?? 1) !== 0) continue;
      armed.fired += 1;
      throw failureOf(rule);
    }
  }
}

function failureOf({ status, retryAfterMs }: FaultRule): Error {
  if (status === undefined) return new ConnectionDrop('The connection is dropped on request.');
  const message = MESSAGES[status] ?? 'The request fails on request.';
  if (retryAfterMs === undefined && status !== 429) return new CosmosError(status, message);
  return new RetryLaterError(status, message, status === 429 ? 3200 : 0, retryAfterMs ?? 10);
}
