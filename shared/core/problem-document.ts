import { type ProblemDocument, problems } from '../contracts/problem.ts';
import type { AppError } from './app-error.ts';

/** Where a problem happened: the path of the request, and the id under which it is logged. */
export interface Occurrence {
  readonly path: string;
  readonly requestId: string;
}

/** The answer that a failure gives to the caller (RFC 9457). */
export function toProblem(error: AppError, occurrence: Occurrence): ProblemDocument {
  const { status, title } = problems[error.code];
  return {
    type: `urn:castiel:problem:${error.code}`,
    title,
    status,
    code: error.code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    instance: occurrence.path.slice(0, 512),
    requestId: occurrence.requestId,
    ...(error.errors === undefined ? {} : { errors: [...error.errors] }),
  };
}
