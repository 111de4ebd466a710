import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { describeSignedTime, eventTypeOf, shownHeaders, shownQuery } from '../../core/webhooks/describe-request.ts';
import type { Verdict, WebhookRequest } from '../../core/webhooks/evidence.ts';
import { type DeliveryIdentity, deliveryIdOf, identifyDelivery } from '../../core/webhooks/identify-delivery.ts';
import type { Payload } from '../../core/webhooks/read-payload.ts';
import type { WebhookTarget } from '../../core/webhooks/webhook-target.ts';
import { storeDeliveryBody } from './delivery-bytes.ts';

/** A request that was verified and is a delivery. */
export interface ArrivedDelivery {
  readonly target: WebhookTarget;
  readonly request: WebhookRequest;
  readonly headers: Iterable<readonly [string, string]>;
  readonly verdict: Extract<Verdict, { verified: true }>;
  readonly payload: Payload;
}

type Needs = Pick<Deps, 'deliveries' | 'deliveryBodies' | 'newId' | 'now'>;

/** Stores a delivery once: one create under the id that its identity gives. Who finds it there has a repeat, and writes nothing. */
export async function storeDelivery(deps: Needs, scope: Scope, arrived: ArrivedDelivery): Promise<'stored' | 'known'> {
  const { target, request, verdict, payload } = arrived;
  const { endpoint, integration } = target;
  const { verification, identity: configured } = endpoint;
  const identity = identifyDelivery({ verification, identity: configured, request, payload, found: verdict });
  const document = await composeDelivery(deps, scope, arrived, identity);
  const create = async (id: string) =>
    (await deps.deliveries.write(scope, { kind: 'create', document: { ...document, id } })).ok;
  if (identity.by === 'none') {
    await create(deps.newId('delivery'));
    return 'stored';
  }
  if (await create(deliveryIdOf(integration.id, identity))) return 'stored';
  if (identity.by === 'event-id') return 'known';
  const round = await findRound(deps, scope, integration.id, identity);
  return round !== undefined && (await create(deliveryIdOf(integration.id, identity, round))) ? 'stored' : 'known';
}

/**
 * A content without an event id is a repeat only within its window. Windows are counted from the first delivery that is still kept, so that those
 * who ask at once find the same place. @returns `undefined` when it is a repeat
 */
async function findRound(
  deps: Needs,
  scope: Scope,
  integrationId: string,
  identity: Extract<DeliveryIdentity, { by: 'content' }>,
): Promise<number | undefined> {
  const ageOf = async (round: number) => {
    const stored = await deps.deliveries.get(scope, { id: deliveryIdOf(integrationId, identity, round) });
    return stored && deps.now().getTime() - Date.parse(stored.document.receivedAt);
  };
  const firstAgeMs = await ageOf(0);
  // It was kept for its last time just now.
  if (firstAgeMs === undefined) return 0;
  if (firstAgeMs <= identity.windowMs) return undefined;
  const round = Math.floor(firstAgeMs / identity.windowMs);
  const lastAgeMs = round > 1 ? await ageOf(round - 1) : undefined;
  return lastAgeMs !== undefined && lastAgeMs <= identity.windowMs ? undefined : round;
}

async function composeDelivery(
  deps: Needs,
  scope: Scope,
  { target, request, headers, verdict, payload }: ArrivedDelivery,
  identity: DeliveryIdentity,
): Promise<Omit<DeliveryDocument, 'id'>> {
  const { integration, endpoint } = target;
  const { verification } = endpoint;
  const query = shownQuery(verification, request.search, target.secrets);
  const contentType = request.header('content-type');
  const eventType = eventTypeOf(verification, request, payload);
  const signedAt = describeSignedTime(verdict.signedAtMs);
  const { sourceAddress } = request;
  return {
    tenantId: scope.tenantId,
    schemaVersion: 1,
    integrationId: integration.id,
    provider: integration.provider,
    arrival: deps.newId('arrival'),
    receivedAt: deps.now().toISOString(),
    state: 'received',
    request: {
      method: request.method,
      headers: shownHeaders(verification, headers, target.secrets),
      ...(query === undefined ? {} : { query }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(sourceAddress === undefined ? {} : { sourceAddress }),
    },
    body: await storeDeliveryBody(deps, scope, verdict.keep ?? request.body),
    ...(identity.by === 'event-id' ? { eventId: identity.eventId } : {}),
    ...(eventType === undefined ? {} : { eventType }),
    ...(signedAt === undefined ? {} : { signedAt }),
    identity: identity.by,
    verification: {
      kind: verification.kind,
      ...(verdict.secret === undefined ? {} : { secret: verdict.secret }),
      detail: verdict.detail,
    },
    recordKeys: [],
    processing: { attempts: 0, fence: 0, history: [] },
    traceparent: scope.traceparent,
  };
}
