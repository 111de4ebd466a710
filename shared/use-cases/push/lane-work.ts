import type { Adapter, AdapterCall } from '../../core/adapter.ts';
import type { WritesDescription } from '../../core/adapter-writes.ts';
import { AppError } from '../../core/app-error.ts';
import { compileReverse, type Reverter } from '../../core/conversion/compile-reverse.ts';
import type { Converter } from '../../core/conversion/compile-schema.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import { matchersOf } from '../../core/identity/frozen-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Suppressions } from '../../core/suppressions.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import { loadConverter } from '../load-converter.ts';
import { type LoadedRoute, loadPushRoutes } from '../load-push-routes.ts';
import { openIntegration } from '../open-integration.ts';
import { loadSuppressions } from '../suppressions/load-suppressions.ts';
import type { HeldLane } from './lane.ts';

/** What converts on a route, both ways, and finds duplicates of what comes back. */
export interface RouteTools {
  readonly converter: Converter;
  readonly reverter: Reverter;
  readonly matchers: ReturnType<typeof matchersOf>;
}

/** What a worker has in its hands while it works on a lane. */
export interface LaneWork {
  readonly deps: Deps;
  readonly scope: Scope;
  readonly lane: HeldLane;
  readonly integration: IntegrationDocument;
  readonly adapter: Adapter;
  readonly call: AdapterCall;
  /** Of the whole tenant: a change of a shard may be lacking elsewhere as well. */
  readonly routes: readonly LoadedRoute[];
  /** Those of this integration. */
  readonly own: readonly LoadedRoute[];
  /** Records of people who were erased: none of them is tied to anything again. */
  readonly suppressions: Suppressions;
  /** How often each shard was written in this slice: what keeps coming back waits. */
  readonly rounds: Map<string, number>;
  readonly tools: Map<LoadedRoute, RouteTools>;
}

/** Opens the integration and loads the routes. Throws `not-found`, `not-connected`. */
export async function openLane(deps: Deps, scope: Scope, lane: HeldLane): Promise<LaneWork> {
  const { integrationId } = lane.stored.document;
  const integration = (await deps.integrations.get(scope, { id: integrationId }))?.document;
  if (integration === undefined) throw new AppError('not-found', { detail: 'The integration was removed.' });
  if (integration.connection?.state === 'failing') {
    throw new AppError('not-connected', { detail: 'The connection of the integration does not work.' });
  }
  const { adapter, call } = await openIntegration(deps, scope, integration);
  const routes = await loadPushRoutes(deps, scope);
  const own = routes.filter((route) => route.integrationId === integrationId);
  const suppressions = await loadSuppressions(deps, scope);
  return {
    deps,
    scope,
    lane,
    integration,
    adapter,
    call,
    routes,
    own,
    suppressions,
    rounds: new Map(),
    tools: new Map(),
  };
}

export async function toolsOf(work: LaneWork, route: LoadedRoute): Promise<RouteTools> {
  const known = work.tools.get(route);
  if (known !== undefined) return known;
  const { deps, scope } = work;
  const [converter, reverter] = await Promise.all([
    loadConverter(deps, scope, route.planned),
    compileReverse(route.target),
  ]);
  const types = converter.feeds.map(({ shardTypeId }) => shardTypeId);
  const matchers = matchersOf(await freezeMatchRules(deps, scope, types), types);
  const tools: RouteTools = { converter, reverter, matchers };
  work.tools.set(route, tools);
  return tools;
}

/** What can be written of a route's object, and whether its records can be read by id. */
export function describeObject(
  { adapter, call }: LaneWork,
  route: LoadedRoute,
): { readonly writes: WritesDescription | undefined; readonly fetchSize: number } {
  const found = adapter.objects(call.settings).find(({ name }) => name === route.planned.object);
  const canFetch = adapter.fetch !== undefined && found?.fetches === true;
  return { writes: found?.writes, fetchSize: canFetch ? found.maxPageSize : 0 };
}
