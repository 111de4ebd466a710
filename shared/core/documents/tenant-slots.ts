import { z } from 'zod';

/**
 * How many workers are busy for a tenant right now, container `leases`, one document a tenant. Every change is conditional on the ETag; a place
 * whose time is over is free, so that a worker that died holds none for long.
 */
export const tenantSlotsDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('slots'),
  schemaVersion: z.literal(1),
  /** `holder` is the message that is worked on. */
  held: z.array(z.strictObject({ holder: z.string(), expiresAt: z.string() })),
  /** Until then others of the tenant wait for a place: who leaves one queues up behind them. */
  wantedUntil: z.string().optional(),
});

export type TenantSlotsDocument = z.infer<typeof tenantSlotsDocument>;
