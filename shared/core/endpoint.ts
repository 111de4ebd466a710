import type { z } from 'zod';
import type { Route } from '../contracts/route.ts';
import type { Deps } from './ports.ts';
import type { InputOf, OutputOf, RouteInput, RouteOutput } from './route-input.ts';
import type { Scope } from './scope.ts';

/** A route with what carries it out. */
export type Endpoint =
  | {
      readonly access: 'signed-in';
      readonly route: Route;
      readonly run: (deps: Deps, scope: Scope, input: RouteInput) => Promise<RouteOutput>;
    }
  | {
      readonly access: 'public';
      readonly route: Route;
      readonly run: (getDeps: () => Promise<Deps>) => Promise<RouteOutput>;
    };

/** Ties a use-case to its route. The compiler checks input and output against the route's schemas; the parser keeps the promise at run time. */
export function endpoint<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, S extends z.ZodType>(
  route: Route<P, Q, B, S>,
  run: (deps: Deps, scope: Scope, input: InputOf<Route<P, Q, B, S>>) => Promise<OutputOf<Route<P, Q, B, S>>>,
): Endpoint {
  if (route.role === 'public') throw new TypeError(`${route.id} is public: it has no scope`);
  return {
    access: 'signed-in',
    route,
    run: (deps, scope, input) => run(deps, scope, input as InputOf<Route<P, Q, B, S>>),
  };
}

/** Ties a public route, which has no input, to what answers it. `getDeps` is called only by those that need the dependencies. */
export function publicEndpoint<S extends z.ZodType>(
  route: Route<z.ZodUndefined, z.ZodUndefined, z.ZodUndefined, S>,
  run: (getDeps: () => Promise<Deps>) => Promise<OutputOf<Route<z.ZodUndefined, z.ZodUndefined, z.ZodUndefined, S>>>,
): Endpoint {
  if (route.role !== 'public') throw new TypeError(`${route.id} needs the role ${route.role}`);
  return { access: 'public', route, run };
}
