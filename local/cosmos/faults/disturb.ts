import { badRequest } from '../errors.ts';
import { isHeaderTrue, jsonBody, type Reply, type Request } from '../http/message.ts';
import type { Catalog } from '../store/catalog.ts';
import { type Budget, Budgets } from './budget.ts';
import { FaultInjector, type Faults, parseFaults, type RequestKind } from './faults.ts';

/** Where faults are read (GET), set (PUT) and cleared (DELETE); signed like every other request, with this as its link. */
export const FAULTS_PATH = ['_twin', 'faults'] as const;

function kindOf(request: Request): RequestKind | undefined {
  const { segments, method, headers } = request;
  if (segments[4] !== 'docs') return undefined;
  if (segments.length === 6) return method === 'GET' ? 'read' : 'write';
  if (isHeaderTrue(request, 'x-ms-cosmos-is-query-plan-request')) return undefined;
  if (method === 'GET') return headers['a-im'] === undefined ? 'query' : 'changeFeed';
  return isHeaderTrue(request, 'x-ms-documentdb-isquery') ? 'query' : 'write';
}

/** In bulk, each operation is let in or throttled for itself. */
function isBulk(request: Request): boolean {
  return isHeaderTrue(request, 'x-ms-cosmos-is-batch-request') && !isHeaderTrue(request, 'x-ms-cosmos-batch-atomic');
}

/** Lets requests through to `answer`, or makes them fail: as told to, or because their container has spent its budget. */
export class Disturbance {
  readonly #catalog: Catalog;
  readonly #injector = new FaultInjector();
  readonly #budgets = new Budgets();

  constructor(catalog: Catalog, faults: Faults = {}) {
    this.#catalog = catalog;
    this.set(faults);
  }

  set(faults: Faults): void {
    this.#budgets.clear();
    this.#injector.set(faults);
  }

  /** @throws CosmosError, ConnectionDrop */
  answer(request: Request, answer: (request: Request) => Reply): Reply {
    const kind = kindOf(request);
    const container = request.segments[3] ?? '';
    if (kind === undefined) return answer(request);
    this.#injector.check('before', kind, container);
    const budget = this.#budgetOf(request);
    const reply = budget === undefined ? answer(request) : this.#withBudget(request, budget, answer);
    this.#injector.check('after', kind, container);
    return reply;
  }

  /** The requests that read and set faults. @throws CosmosError 400 */
  answerAdmin(request: Request): Reply {
    if (request.segments.join('/') !== FAULTS_PATH.join('/'))
      throw badRequest(`There is no /${request.segments.join('/')}.`);
    if (request.method === 'PUT') this.set(parseFaults(jsonBody(request)));
    else if (request.method === 'DELETE') this.set({});
    else if (request.method !== 'GET') throw badRequest(`${request.method} on faults is not possible.`);
    const body = JSON.stringify({ ...this.#injector.faults, fired: this.#injector.fired });
    return { status: 200, body, charge: 0 };
  }

  #withBudget(request: Request, budget: Budget, answer: (request: Request) => Reply): Reply {
    if (isBulk(request)) return answer({ ...request, budget });
    budget.admit();
    try {
      const reply = answer(request);
      budget.spend(reply.charge);
      return reply;
    } catch (error) {
      budget.spend(1);
      throw error;
    }
  }

  #budgetOf(request: Request): Budget | undefined {
    const limit = this.#injector.faults.budget;
    if (limit === undefined) return undefined;
    const database = this.#catalog.databases().find(({ id }) => id === request.segments[1]);
    const container = database?.containers.get(request.segments[3] ?? '');
    return database === undefined || container === undefined ? undefined : this.#budgets.of(limit, container, database);
  }
}
