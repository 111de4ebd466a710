import { AdapterFailure } from '../../../shared/core/adapter.ts';

/** The `AdapterFailure` that the work ends in; anything else that happens is an error of its own. */
export async function caughtFailure(work: Promise<unknown>): Promise<AdapterFailure> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    if (error instanceof AdapterFailure) return error;
    throw error;
  }
  throw new Error(`expected an AdapterFailure, got ${JSON.stringify(result)}`);
}
