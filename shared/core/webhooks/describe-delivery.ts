import type { z } from 'zod';
import type { getDelivery, getReplay, listDeliveries } from '../../contracts/deliveries.ts';
import type { DeliveryDocument } from '../documents/delivery.ts';
import type { WebhookReplayDocument } from '../documents/webhook-replay.ts';
import { timeOfId } from '../ids.ts';
import type { OutputOf } from '../route-input.ts';

type Delivery = OutputOf<typeof listDeliveries>['body']['items'][number];
type Details = OutputOf<typeof getDelivery>['body'];
type Replay = z.input<typeof getReplay.success.body & z.ZodType>;

export function describeDelivery(document: DeliveryDocument): Delivery {
  const { id, integrationId, provider, receivedAt, state, eventId, eventType, body, recordKeys, processing, replay } =
    document;
  const { attempts, nextAttemptAt, reason, endedAt } = processing;
  return {
    ...{ id, integrationId, provider, receivedAt, state, attempts, records: recordKeys, bytes: body.bytes },
    ...(eventId === undefined ? {} : { eventId }),
    ...(eventType === undefined ? {} : { eventType }),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt }),
    ...(reason === undefined ? {} : { reason }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(replay === undefined ? {} : { replayOf: replay.of }),
  };
}

/** @param bytes the body as it arrived */
export function describeDeliveryDetails(document: DeliveryDocument, bytes: Uint8Array): Details {
  const { request, verification, identity, signedAt, processing, replay, body } = document;
  const { seenAt: _, ...lineage } = replay ?? { seenAt: '' };
  return {
    ...describeDelivery(document),
    request,
    verification,
    identity,
    body: { ...describeBody(bytes), sha256: body.sha256 },
    history: processing.history,
    ...(signedAt === undefined ? {} : { signedAt }),
    ...(processing.result === undefined ? {} : { result: processing.result }),
    ...('of' in lineage ? { replay: lineage } : {}),
  };
}

function describeBody(bytes: Uint8Array): Pick<Details['body'], 'encoding' | 'content'> {
  try {
    const content = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { encoding: 'utf-8', content };
  } catch {
    return { encoding: 'base64', content: Buffer.from(bytes).toString('base64') };
  }
}

function describeSelection(selection: WebhookReplayDocument['selection']): Replay['selection'] {
  if (selection.by === 'ids') return { deliveries: selection.deliveryIds.length };
  const { integrationId, states, from, before } = selection;
  return {
    from: new Date(timeOfId(from)).toISOString(),
    to: new Date(timeOfId(before)).toISOString(),
    ...(integrationId === undefined ? {} : { integrationId }),
    ...(states === undefined ? {} : { states }),
  };
}

export function describeReplay(document: WebhookReplayDocument): Replay {
  const { id, action, state, selection, position, counts, createdAt, updatedAt, finishedAt } = document;
  const reachedAt =
    selection.by === 'range' && position !== undefined ? new Date(timeOfId(position)).toISOString() : undefined;
  return {
    ...{ id, action, state, createdAt, updatedAt, selection: describeSelection(selection) },
    progress: {
      ...counts,
      ...(reachedAt === undefined ? {} : { reachedAt }),
      ...(selection.by === 'ids' ? { total: selection.deliveryIds.length } : {}),
    },
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
