import * as df from 'durable-functions';
import type { z } from 'zod';
import { DurableOrchestrations } from '../shared/azure/durable-orchestrations.ts';
import type { Route } from '../shared/contracts/route.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import type { Deps, Orchestrations } from '../shared/core/ports.ts';
import type { InputOf, OutputOf } from '../shared/core/route-input.ts';
import type { Scope } from '../shared/core/scope.ts';
import { answerRequest } from '../shared/use-cases/answer-request.ts';
import { getDeps } from './app.ts';
import { serveEntry } from './serve-entry.ts';

/** Registers a route whose use-case speaks to orchestrations. */
export function serveDurable<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, S extends z.ZodType>(
  route: Route<P, Q, B, S>,
  run: (
    deps: Deps & { readonly orchestrations: Orchestrations },
    scope: Scope,
    input: InputOf<Route<P, Q, B, S>>,
  ) => Promise<OutputOf<Route<P, Q, B, S>>>,
): void {
  const { id, method, path } = route;
  serveEntry(id, {
    method,
    path,
    isDurable: true,
    answer: (request, report, context) => {
      const orchestrations = new DurableOrchestrations(df.getClient(context));
      const tied = endpoint(route, (deps, scope, input) => run({ ...deps, orchestrations }, scope, input));
      return answerRequest(getDeps, tied, request, report);
    },
  });
}
