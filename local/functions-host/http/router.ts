import type { HostFunction, HttpTrigger } from '../functions.ts';
import { compileRoute, type RouteParameters, splitPath } from './route.ts';

export interface RouteMatch {
  readonly hostFunction: HostFunction<HttpTrigger>;
  readonly parameters: RouteParameters;
}

/** The first function, in the order of registration, whose route and methods fit; undefined when there is none. */
export type FindRoute = (method: string, path: string) => RouteMatch | undefined;

/**
 * @param prefix `extensions.http.routePrefix` of host.json
 * @throws ConfigurationError when a route is wrong or not supported
 */
export const createRouter = (functions: readonly HostFunction<HttpTrigger>[], prefix: string): FindRoute => {
  const entries = functions.map((hostFunction) => ({
    hostFunction,
    methods: new Set(hostFunction.trigger.methods),
    route: compileRoute(hostFunction.trigger.route, prefix),
  }));
  return (method, path) => {
    const segments = splitPath(path);
    for (const { hostFunction, methods, route } of entries) {
      const parameters = methods.has(method) ? route.match(segments) : undefined;
      if (parameters !== undefined) {
        return { hostFunction, parameters };
      }
    }
    return undefined;
  };
};
