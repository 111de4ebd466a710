import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { Evidence, LiveSecret, TokenQuestion, Verdict, WebhookRequest } from '../../core/webhooks/evidence.ts';
import { type Requirements, tokenQuestions, verifyDelivery } from '../../core/webhooks/verify-delivery.ts';
import { type WebhookTarget, webhookTargetKey } from '../../core/webhooks/webhook-target.ts';
import { findWebhookTarget, type NamedTarget } from './find-webhook-target.ts';

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

/** A request with what it was judged by. */
export interface Judged {
  readonly target: WebhookTarget | undefined;
  readonly verdict: Verdict;
}

/**
 * Judges a request for an integration, or for none: then it is refused, as a wrong signature is. What it is judged by is remembered for a moment; who
 * would be refused by that is judged by what holds now.
 */
export async function judgeRequest(
  deps: Needs,
  named: NamedTarget | undefined,
  request: WebhookRequest,
): Promise<Judged> {
  const key = named === undefined ? '' : webhookTargetKey(named.scope.tenantId, named.integrationId);
  const remembered = deps.webhookTargets.get(key);
  if (remembered !== undefined) {
    const verdict = await judge(deps, remembered, request);
    if (verdict.verified) return { target: remembered, verdict };
  }
  const target = named === undefined ? undefined : await findWebhookTarget(deps, named);
  return { target, verdict: await judge(deps, target, request) };
}

async function judge(
  deps: Pick<Deps, 'webhookTokens' | 'now'>,
  target: WebhookTarget | undefined,
  request: WebhookRequest,
): Promise<Verdict> {
  const evidence = { request, nowMs: deps.now().getTime() };
  if (target === undefined) {
    verifyDelivery(decoy.requirements, { ...evidence, secrets: decoy.secrets, claims: new Map() });
    return { verified: false, why: 'no integration takes webhooks there' };
  }
  const { endpoint, secrets } = target;
  const claims = await answerQuestions(deps, tokenQuestions(endpoint.verification, request));
  return verifyDelivery(endpoint, { ...evidence, secrets, claims });
}

async function answerQuestions(
  deps: Pick<Deps, 'webhookTokens'>,
  questions: readonly TokenQuestion[],
): Promise<Evidence['claims']> {
  const claims = new Map<string, JsonObject>();
  for (const question of questions) {
    const said = await deps.webhookTokens.verify(question);
    if (said !== undefined) claims.set(question.token, said);
  }
  return claims;
}
