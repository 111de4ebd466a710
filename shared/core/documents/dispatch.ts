import { z } from 'zod';
import { dispatchAttempt, dispatchState, eventReplay } from '../../contracts/dispatches.ts';
import { eventType } from '../../contracts/events.ts';

/**
 * One event on its way to one subscription, container `dispatches`. Created before the first attempt, under an id that derives from both, so that
 * telling the event again finds it there. `waiting` → `delivered` | `dead`.
 */
export const dispatchDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('dispatch'),
  schemaVersion: z.literal(1),
  subscriptionId: z.string(),
  eventId: z.string(),
  eventType,
  subject: z.string(),
  /** The JSON text that is signed and sent: the same in every attempt. */
  body: z.string(),
  /** Those of a subscription that share it are delivered one after the other, in the order of `position`. */
  orderKey: z.string().optional(),
  position: z.string(),
  state: dispatchState,
  test: z.boolean(),
  replayOf: z.string().optional(),
  replayId: z.string().optional(),
  attemptCount: z.int(),
  /** The newest, oldest first. */
  attempts: z.array(dispatchAttempt),
  /** When the next attempt is due; absent when it has ended. */
  nextAttemptAt: z.string().optional(),
  /** Until when whoever took it may be sending it. */
  leaseUntil: z.string().optional(),
  problem: z.string().optional(),
  createdAt: z.string(),
  endedAt: z.string().optional(),
  traceparent: z.string(),
});

export type DispatchDocument = z.infer<typeof dispatchDocument>;
export type DispatchAttempt = z.infer<typeof dispatchAttempt>;

/** The request to send the events of a time range to a subscription again, container `dispatches`, with how far it is. */
export const eventReplayDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('event-replay'),
  schemaVersion: z.literal(1),
  subscriptionId: z.string(),
  state: eventReplay.shape.state,
  since: z.string(),
  until: z.string(),
  only: eventReplay.shape.only,
  type: eventReplay.shape.type,
  /** The last event that was looked at. */
  afterEventId: z.string(),
  examined: z.int(),
  dispatched: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export type EventReplayDocument = z.infer<typeof eventReplayDocument>;
