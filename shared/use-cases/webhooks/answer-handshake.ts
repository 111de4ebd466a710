import { compileSourcePath } from '../../core/conversion/source-path.ts';
import { isJsonObject } from '../../core/json.ts';
import type { WebhookRequest } from '../../core/webhooks/evidence.ts';
import type { Payload } from '../../core/webhooks/read-payload.ts';
import { findFitting, sameText } from '../../core/webhooks/secret-match.ts';
import type { WebhookTarget } from '../../core/webhooks/webhook-target.ts';

const longestChallenge = 2048;

/**
 * Microsoft Graph asks whether a URL takes notifications before anything else, and wants its token back as plain text. It is given to anyone who
 * asks at any URL: it tells nothing of whether there is an integration.
 */
export function graphValidationToken(request: Pick<WebhookRequest, 'method' | 'search'>): string | undefined {
  if (request.method !== 'POST' || !request.search.includes('validationToken=')) return undefined;
  return challengeOf(new URLSearchParams(request.search).get('validationToken'));
}

/** The answer to a request that a provider sends instead of a delivery, after it was verified; `undefined` for a delivery. */
export function verifiedChallenge(
  { endpoint }: WebhookTarget,
  request: WebhookRequest,
  payload: Payload,
): string | undefined {
  const { verification, handshake } = endpoint;
  if (verification.kind === 'hubspot' && request.method === 'GET') return '';
  if (payload.kind !== 'json' || !isJsonObject(payload.value)) return undefined;
  if (verification.kind === 'slack' && payload.value['type'] === 'url_verification') {
    return challengeOf(payload.value['challenge']);
  }
  return handshake?.kind === 'echo-body' ? challengeOf(compileSourcePath(handshake.path)(payload.value)) : undefined;
}

/** A challenge in the query, which nothing signs; where the handshake names a parameter for the secret, that has to hold it. */
export function queryChallenge({ endpoint, secrets }: WebhookTarget, request: WebhookRequest): string | undefined {
  const { handshake } = endpoint;
  if (handshake?.kind !== 'echo-query' || request.method !== 'GET') return undefined;
  const query = new URLSearchParams(request.search);
  const { secretParameter } = handshake;
  const given = secretParameter === undefined ? '' : (query.get(secretParameter) ?? '');
  const fits = findFitting(secrets, (secret) => sameText(secret, given)) !== undefined;
  return secretParameter === undefined || fits ? challengeOf(query.get(handshake.parameter)) : undefined;
}

function challengeOf(value: unknown): string | undefined {
  const isChallenge = typeof value === 'string' && value !== '' && value.length <= longestChallenge;
  return isChallenge && value.isWellFormed() ? value : undefined;
}
