import { z } from 'zod';
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { type ProblemCode, problemDocument, problems } from '../contracts/problem.ts';
import type { Route } from '../contracts/route.ts';

/** The headers that an operation honours beyond signing in; `undefined` when there are none. */
export function requestHeaders(route: Route): z.ZodObject | undefined {
  const headers: Record<string, z.ZodType> = {};
  if (route.idempotent === true) {
    headers['Idempotency-Key'] = z
      .string()
      .min(1)
      .max(255)
      .regex(/^[\x20-\x7e]+$/)
      .optional()
      .describe('Makes the request safe to repeat for a day: the first answer is given again.');
  }
  if (route.concurrency === 'optional') {
    headers['If-Match'] = z
      .string()
      .optional()
      .describe('The `ETag` that the change is based on, or `*`; answered with 412 when it was changed meanwhile.');
  }
  return Object.keys(headers).length === 0 ? undefined : z.object(headers);
}

/** Every answer that an operation can give: its success, and its problems grouped by status. */
export function responsesOf(route: Route): ZodOpenApiResponsesObject {
  const { status, body, description } = route.success;
  const responses: ZodOpenApiResponsesObject = {
    [`${status}` as const]: {
      description,
      headers: responseHeaders(route),
      ...(body === undefined ? {} : { content: { 'application/json': { schema: body } } }),
    },
  };
  if (route.raw === true) responses['200'] = rawResponse(route);
  const byStatus = Map.groupBy(problemCodesOf(route), (code) => problems[code].status);
  for (const [problemStatus, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[`${problemStatus}` as `4${string}`] = problemResponse(codes);
  }
  return responses;
}

/** Providers get what each of them wants to hear. */
function rawResponse({ success }: Route): ZodOpenApiResponseObject {
  return {
    description: 'A delivery that is known already, a handshake, or what the provider takes for an acknowledgement',
    headers: z.object({ 'x-request-id': requestId }),
    content: {
      ...(success.body === undefined ? {} : { 'application/json': { schema: success.body } }),
      'text/plain': { schema: z.string() },
      'text/xml': { schema: z.string() },
    },
  };
}

const requestId = z.string().meta({ header: { id: 'RequestId', description: 'Name it when you report a problem.' } });

/** One object for one set of codes: the document then holds it once, as a component. */
const problemResponses = new Map<string, ZodOpenApiResponseObject>();

function problemResponse(codes: readonly ProblemCode[]): ZodOpenApiResponseObject {
  const id = codes
    .map((code) => code.replace(/(^|-)([a-z])/g, (_match, _dash, letter) => letter.toUpperCase()))
    .join('Or');
  const known = problemResponses.get(id);
  if (known !== undefined) return known;
  const response: ZodOpenApiResponseObject = {
    id,
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('; '),
    headers: z.object({ 'x-request-id': requestId }),
    content: { 'application/problem+json': { schema: problemDocument } },
  };
  problemResponses.set(id, response);
  return response;
}

function responseHeaders(route: Route): z.ZodObject {
  return z.object({
    'x-request-id': requestId,
    ...(route.concurrency === undefined || route.success.status === 204
      ? {}
      : { ETag: z.string().describe('The version of the answer, for `If-Match`.') }),
    ...(route.idempotent === true
      ? { 'idempotency-replayed': z.literal('true').optional().describe('The answer of an earlier, equal request.') }
      : {}),
  });
}

/** The problems that a route names, and those that follow from what it takes. */
export function problemCodesOf(route: Route): ProblemCode[] {
  const codes = new Set<ProblemCode>(['invalid-request', ...route.problems, 'internal']);
  if (route.role !== 'public')
    for (const code of ['unauthenticated', 'forbidden', 'unavailable'] as const) codes.add(code);
  if (route.method !== 'GET') codes.add('payload-too-large');
  if (route.body !== undefined) codes.add('unsupported-media-type');
  if (route.idempotent === true) codes.add('request-in-progress').add('idempotency-key-reused');
  return [...codes];
}
