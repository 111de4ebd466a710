import type { Program } from '../core/conversion/deferral.ts';
import type { Json } from '../core/json.ts';

/** What a worker is asked: whether programs can run, or what they make of records. */
export type Work =
  | { readonly kind: 'check'; readonly programs: readonly Program[] }
  | {
      readonly kind: 'evaluate';
      readonly programs: readonly Program[];
      /** Each record once, however many programs it goes through. */
      readonly records: readonly Json[];
      readonly evaluations: readonly Evaluation[];
    };

export interface Evaluation {
  readonly program: number;
  readonly record: number;
  readonly item?: Json;
}

/** One result: JSON text, nothing, or why not. */
export type Outcome = { readonly text?: string } | { readonly refusal: string };

/** Where in its work a worker is, in shared memory: number of the piece of work it began last, counted from 1. */
export interface WorkerSetup {
  readonly progress: SharedArrayBuffer;
}
