import { z } from 'zod';
import { conflictId, conflictResolutionId, tenantId } from '../contracts/identifiers.ts';
import { traceparent } from './envelope.ts';

/** What the orchestration of a conflict, which has the conflict's id, and its activity are given. */
export const conflictEnvelope = z.strictObject({ tenantId, traceparent, conflictId });

export type ConflictEnvelope = z.infer<typeof conflictEnvelope>;

/** Told to a conflict's orchestration when the conflict has changed its state. */
export const conflictChanged = 'conflict-changed';

/** What the orchestration is to do next: look again after a while, or nothing more. */
export interface ConflictStep {
  readonly goesOn: boolean;
  readonly delayMs: number;
  /** For whoever looks at the orchestration. */
  readonly status: { readonly state: string; readonly nextAt?: string };
}

/** The same for the orchestration of a bulk resolution, which has the resolution's id. */
export const conflictResolutionEnvelope = z.strictObject({
  tenantId,
  traceparent,
  resolutionId: conflictResolutionId,
});

export type ConflictResolutionEnvelope = z.infer<typeof conflictResolutionEnvelope>;

export interface ConflictResolutionStep {
  readonly goesOn: boolean;
  readonly status: { readonly resolved: number; readonly left: number };
}
