import type { FieldError, ProblemCode } from '../contracts/problem.ts';

/** A failure with an answer for the caller. `detail` is public by definition; `cause` is only logged. */
export class AppError extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: ProblemCode, options: { detail?: string; errors?: readonly FieldError[]; cause?: unknown } = {}) {
    super(options.detail ?? code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = options.detail;
    this.errors = options.errors;
  }
}

/** A stored document that does not parse: our bug or someone's hand in the store, never the caller's fault, never a default. */
export class CorruptDocument extends Error {
  constructor(where: string, reason: string) {
    super(`The stored document ${where} is corrupt: ${reason}`);
    this.name = 'CorruptDocument';
  }
}
