import type { z } from 'zod';
import type { ProblemCode } from './problem.ts';

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One operation of the API as data. The server, the OpenAPI document and typed clients all read it.
 *
 * - `path` is below `/api`, with `{parameters}`: `tenant/integrations/{integrationId}`.
 * - `role` is the least role that may call it; `public` needs no sign-in.
 * - `idempotent: true` makes the operation honour `Idempotency-Key`.
 * - `raw: true`: the request is no JSON of ours; what answers it reads and judges its bytes.
 * - `concurrency` makes it honour `If-Match` (`optional`) or insist on it (`required`), and answer an `ETag`.
 */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Success extends z.ZodType = z.ZodType,
> {
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly role: Role | 'public';
  readonly idempotent?: boolean;
  readonly raw?: boolean;
  readonly concurrency?: 'optional' | 'answers-etag';
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly success: { readonly status: 200 | 201 | 202 | 204; readonly body?: Success; readonly description: string };
  readonly problems: readonly ProblemCode[];
}

/** Keeps the exact schema types of a route, so that a use-case's input and output are checked against it. */
export function defineRoute<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Success extends z.ZodType = z.ZodUndefined,
>(route: Route<Params, Query, Body, Success>): Route<Params, Query, Body, Success> {
  return route;
}
