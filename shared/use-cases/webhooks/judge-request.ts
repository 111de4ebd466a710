import { randomBytes } from 'node:crypto';
import { AppError } from '../../core/app-error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { Evidence, LiveSecret, TokenQuestion, Verdict, WebhookRequest } from '../../core/webhooks/evidence.ts';
import { type Requirements, tokenQuestions, verifyDelivery } from '../../core/webhooks/verify-delivery.ts';
import { type WebhookTarget, webhookTargetKey } from '../../core/webhooks/webhook-target.ts';
import { queryChallenge } from './answer-handshake.ts';
import { type FoundTarget, findWebhookTarget, type NamedTarget, noTarget } from './find-webhook-target.ts';

/** What nobody knows: a request for nobody is judged by it, so that it costs what any other refusal does. */
const decoy: { readonly requirements: Requirements; readonly secrets: readonly LiveSecret[] } = {
  requirements: {
    verification: {
      kind: 'hmac',
      header: 'x-signature',
      prefix: '',
      algorithm: 'sha256',
      encoding: 'hex',
      template: '{body}',
      secretEncoding: 'text',
    },
  },
  secrets: [{ which: 'current', value: randomBytes(32).toString('hex') }],
};

type Needs = Pick<Deps, 'integrations' | 'secrets' | 'webhookTargets' | 'webhookTokens' | 'now'>;

/** What a request came to: it is verified, or answers a handshake that nothing signs, or is refused. */
export type Judged =
  | {
      readonly kind: 'verified';
      readonly target: WebhookTarget;
      readonly verdict: Extract<Verdict, { verified: true }>;
    }
  | { readonly kind: 'challenge'; readonly text: string }
  /** `exists`: there is such an integration. `failure`: it may be judged otherwise later. */
  | { readonly kind: 'refused'; readonly why: string; readonly exists: boolean; readonly failure?: AppError };

/**
 * Judges a request for an integration, or for none: then it is refused, as a wrong signature is. What it is judged by is remembered for a moment; who
 * would be refused by that is judged by what holds now, if that is something else.
 */
export async function judgeRequest(deps: Needs, named: NamedTarget, request: WebhookRequest): Promise<Judged> {
  const key = webhookTargetKey(named.scope.tenantId, named.integrationId);
  const remembered = deps.webhookTargets.get(key);
  const first = remembered && (await judge(deps, remembered, request));
  if (first !== undefined && first.kind !== 'refused') return first;
  const read = () => findWebhookTarget(deps, named);
  // Of all who come when the memory has just run out, one reads.
  const found = remembered === undefined ? await deps.webhookTargets.share(key, read) : await read();
  const isSame = first !== undefined && 'etag' in found && found.etag === remembered?.etag;
  return isSame ? first : judge(deps, found, request);
}

async function judge(
  deps: Pick<Deps, 'webhookTokens' | 'now'>,
  found: FoundTarget,
  request: WebhookRequest,
): Promise<Judged> {
  const evidence = { request, nowMs: deps.now().getTime() };
  if ('closed' in found) {
    judgeNobodys(deps, request);
    return { kind: 'refused', why: found.closed, exists: found.exists };
  }
  const { endpoint, secrets } = found;
  const text = queryChallenge(found, request);
  if (text !== undefined) return { kind: 'challenge', text };
  const asked = { ...evidence, secrets };
  const claims = await answerQuestions(deps, tokenQuestions(endpoint.verification, asked));
  if (claims instanceof AppError) {
    return { kind: 'refused', why: "the sender's keys cannot be had", exists: true, failure: claims };
  }
  const verdict = verifyDelivery(endpoint, { ...asked, claims });
  return verdict.verified
    ? { kind: 'verified', target: found, verdict }
    : { kind: 'refused', why: verdict.why, exists: true };
}

/** Judges a request for nobody, and says why it is refused. */
export function judgeNobodys({ now }: Pick<Deps, 'now'>, request: WebhookRequest): string {
  const { requirements, secrets } = decoy;
  verifyDelivery(requirements, { request, secrets, nowMs: now().getTime(), claims: new Map() });
  return noTarget;
}

async function answerQuestions(
  deps: Pick<Deps, 'webhookTokens'>,
  questions: readonly TokenQuestion[],
): Promise<Evidence['claims'] | AppError> {
  const claims = new Map<string, JsonObject>();
  try {
    for (const question of questions) {
      const said = await deps.webhookTokens.verify(question);
      if (said !== undefined) claims.set(question.token, said);
    }
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return claims;
}
