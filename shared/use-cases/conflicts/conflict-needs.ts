import type { Deps, Orchestrations } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { type LoadedRoute, loadPushRoutes, type RouteNeeds } from '../load-push-routes.ts';

/** What conflicts are kept, decided and told with. */
export type ConflictNeeds = RouteNeeds &
  Pick<Deps, 'conflicts' | 'shards' | 'journal' | 'links' | 'events' | 'due' | 'audit' | 'newId' | 'now' | 'log'> & {
    readonly orchestrations: Orchestrations;
  };

/** The tenant's routes, loaded when they are first asked for. */
export type Routes = () => Promise<readonly LoadedRoute[]>;

export function routesOf(deps: RouteNeeds, scope: Scope): Routes {
  let loaded: Promise<readonly LoadedRoute[]> | undefined;
  return () => {
    loaded ??= loadPushRoutes(deps, scope);
    return loaded;
  };
}
