import { z } from 'zod';
import { fieldError, type ProblemCode, problems } from '../contracts/problem.ts';
import { AppError, CorruptDocument } from '../core/app-error.ts';
import type { IdempotencyDocument } from '../core/documents/access.ts';

type Response = NonNullable<IdempotencyDocument['response']>;

/** Refusals that a repeat of the same request can only meet again. All others may pass: a run ends, a store comes back. */
const lasting = ['invalid-request', 'not-found', 'precondition-failed'] as const satisfies readonly ProblemCode[];

const rememberedBody = z.strictObject({
  code: z.enum(lasting),
  detail: z.string().optional(),
  errors: z.array(fieldError).optional(),
});

/** A refusal as it is kept for repeats of its request; `undefined` for one that may pass. */
export function rememberedFailure(error: AppError): Response | undefined {
  const code = lasting.find((candidate) => candidate === error.code);
  if (code === undefined) return undefined;
  const body = {
    code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.errors === undefined ? {} : { errors: error.errors.map((entry) => ({ ...entry })) }),
  };
  return { status: problems[code].status, body };
}

/** The refusal that is kept in a remembered answer; `undefined` when it is a success. */
export function failureOf(response: Response): AppError | undefined {
  if (response.status < 400) return undefined;
  const parsed = rememberedBody.safeParse(response.body);
  if (!parsed.success) throw new CorruptDocument('of a remembered answer', parsed.error.message);
  const { code, detail, errors } = parsed.data;
  return new AppError(code, {
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  });
}
