import { createHash } from 'node:crypto';
import type { DeliveryDocument } from '../documents/delivery.ts';
import type { WebhookReplayDocument } from '../documents/webhook-replay.ts';
import { composeId } from '../ids.ts';

/**
 * The delivery that a replay makes of another: the same request, known by nothing, with its lineage. One replay makes the same delivery of it however often it
 * is repeated.
 *
 * @param arrival a new one: it comes after all that are there
 */
export function repeatDelivery(
  original: DeliveryDocument,
  replay: Pick<WebhookReplayDocument, 'id' | 'actorId' | 'traceparent'>,
  arrival: string,
  now: string,
): DeliveryDocument {
  const digest = createHash('sha256').update(`${replay.id} ${original.id}`).digest();
  return {
    ...original,
    id: composeId('delivery', digest.readUIntBE(0, 6), digest.subarray(6)),
    arrival,
    receivedAt: now,
    state: 'received',
    identity: 'replay',
    processing: { attempts: 0, fence: 0, history: [] },
    replay: {
      of: original.id,
      root: original.replay?.root ?? original.id,
      seenAt: original.replay?.seenAt ?? original.receivedAt,
      replayId: replay.id,
      actorId: replay.actorId,
      at: now,
    },
    traceparent: replay.traceparent,
  };
}
