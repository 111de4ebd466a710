import { z } from 'zod';
import { dispatchId, eventReplayId, tenantId } from '../../contracts/identifiers.ts';
import { traceparent } from '../envelope.ts';

/** So many dispatches travel in one message: queues are slow by the message. */
export const mostInMessage = 16;

const common = {
  tenantId,
  traceparent,
  /** When a message that was sent with a delay is due. Set by the queue. */
  dueAt: z.iso.datetime().optional(),
};

/** Queues `deliver-webhooks` and `deliver-slow-webhooks`: send dispatches, all of one subscription, side by side, or go on with a replay. */
export const outgoingEnvelope = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('send-dispatches'),
    ...common,
    dispatchIds: z.array(dispatchId).min(1).max(mostInMessage),
  }),
  z.strictObject({ kind: z.literal('replay-events'), ...common, replayId: eventReplayId }),
]);

export type OutgoingEnvelope = z.infer<typeof outgoingEnvelope>;
