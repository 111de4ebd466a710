import type { z } from 'zod';
import type { Route } from '../contracts/route.ts';
import type { IfMatch } from './etag.ts';

/** The parsed request of a route. Parts that the route does not have are `undefined`. */
export interface ParsedRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly ifMatch: IfMatch | undefined;
}

/**
 * Which try of a request this is. With an `Idempotency-Key` a try that died may be repeated: then `at` is the first try's instant, the ids made
 * from `deps.newId` are the first try's, and the use-case may find its own work done.
 */
export interface Attempt {
  readonly at: Date;
  readonly repeated: boolean;
}

/** What a use-case of a route is given. */
export interface RouteInput<Params = unknown, Query = unknown, Body = unknown>
  extends ParsedRequest<Params, Query, Body> {
  readonly attempt: Attempt;
}

/** What a use-case of a route answers. `etag` is the store's version of the document, where the route answers an `ETag`. */
export interface RouteOutput<Body = unknown> {
  readonly body: Body;
  readonly etag?: string | undefined;
}

export type InputOf<R> =
  R extends Route<infer Params, infer Query, infer Body, infer _Success>
    ? RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>
    : never;

export type OutputOf<R> =
  R extends Route<infer _Params, infer _Query, infer _Body, infer Success> ? RouteOutput<z.input<Success>> : never;
