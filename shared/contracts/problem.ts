import { z } from 'zod';

/** Every problem the API can answer with: one table, code → status and title (RFC 9457). */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unverified: { status: 401, title: 'The delivery could not be verified' },
  unauthenticated: { status: 401, title: 'Sign-in is needed' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'already-exists': { status: 409, title: 'It already exists' },
  'already-merged': { status: 409, title: 'They are one shard already' },
  'cannot-undo': { status: 409, title: 'It cannot be undone now' },
  'conflict-changed': { status: 409, title: 'The values in conflict have changed' },
  'already-running': { status: 409, title: 'The task is already running' },
  'wrong-state': { status: 409, title: 'The state it is in does not allow this' },
  'not-published': { status: 409, title: 'The conversion schema has no published version' },
  'limit-reached': { status: 409, title: 'There are as many as there may be' },
  'in-use': { status: 409, title: 'It is in use' },
  'not-connected': { status: 409, title: 'The integration is not connected' },
  'request-in-progress': { status: 409, title: 'A request with this Idempotency-Key is in progress' },
  'length-required': { status: 411, title: 'The request must say how long its body is' },
  'precondition-failed': { status: 412, title: 'It was changed in the meantime' },
  'payload-too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The request body must be JSON' },
  'idempotency-key-reused': { status: 422, title: 'This Idempotency-Key was used for another request' },
  'provider-failed': { status: 502, title: 'The provider did not accept the call' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** Where a request is wrong: a JSON pointer for bodies (`/fields/0/from`), a name for the rest. */
export const fieldError = z.strictObject({
  in: z.enum(['body', 'query', 'path', 'header']),
  field: z.string(),
  message: z.string(),
});

export type FieldError = z.infer<typeof fieldError>;

export const problemDocument = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().optional(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(fieldError).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details, `application/problem+json`' });

export type ProblemDocument = z.infer<typeof problemDocument>;
