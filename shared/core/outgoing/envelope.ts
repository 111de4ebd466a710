import { z } from 'zod';
import { dispatchId, eventReplayId, tenantId } from '../../contracts/identifiers.ts';
import { traceparent } from '../envelope.ts';

const common = {
  tenantId,
  traceparent,
  /** When a message that was sent with a delay is due. Set by the queue. */
  dueAt: z.iso.datetime().optional(),
};

/** Queue `deliver-webhooks`: send one dispatch, or go on with a replay. */
export const outgoingEnvelope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('send-dispatch'), ...common, dispatchId }),
  z.strictObject({ kind: z.literal('replay-events'), ...common, replayId: eventReplayId }),
]);

export type OutgoingEnvelope = z.infer<typeof outgoingEnvelope>;
