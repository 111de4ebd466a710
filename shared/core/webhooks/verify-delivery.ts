import { type Evidence, refuse, type TokenQuestion, type Verdict, type WebhookVerification } from './evidence.ts';
import { hmacPreset } from './hmac-presets.ts';
import { questionsOfGraph, verifyGraph } from './verify-graph.ts';
import { verifyHmac } from './verify-hmac.ts';
import { verifyHubSpot } from './verify-hubspot.ts';
import { verifySalesforce } from './verify-salesforce.ts';
import { verifyBasic, verifySharedHeader } from './verify-shared-secret.ts';
import { verifyAddress, verifyCertificate } from './verify-source.ts';
import { verifyStandard } from './verify-standard.ts';
import { verifyStripe } from './verify-stripe.ts';
import { questionOfToken, verifyToken } from './verify-token.ts';

/** What a delivery has to satisfy. */
export interface Requirements {
  readonly verification: WebhookVerification;
  readonly sourceRanges?: readonly string[] | undefined;
}

/** The tokens that have to be verified before a delivery can be judged. */
export function tokenQuestions(
  verification: WebhookVerification,
  evidence: Pick<Evidence, 'request' | 'secrets'>,
): readonly TokenQuestion[] {
  if (verification.kind === 'jwt') return questionOfToken(verification, evidence.request);
  return verification.kind === 'microsoft-graph' ? questionsOfGraph(verification, evidence) : [];
}

/** Whether a delivery comes from who it says. Whatever is missing, odd or unknown is refused; nothing of the request chooses the way. */
export function verifyDelivery({ verification, sourceRanges }: Requirements, evidence: Evidence): Verdict {
  const verdict = verifyByKind(verification, evidence);
  if (!verdict.verified || sourceRanges === undefined) return verdict;
  const source = verifyAddress(sourceRanges, evidence);
  return source.verified ? { ...verdict, detail: `${verdict.detail}; ${source.detail}` } : source;
}

function verifyByKind(verification: WebhookVerification, evidence: Evidence): Verdict {
  switch (verification.kind) {
    case 'slack':
    case 'github':
    case 'shopify':
      return verifyHmac(hmacPreset(verification), evidence);
    case 'hmac':
      return verifyHmac(verification, evidence);
    case 'hubspot':
      return verifyHubSpot(verification.versions, evidence);
    case 'microsoft-graph':
      return verifyGraph(verification, evidence);
    case 'salesforce-outbound-message':
      return verifySalesforce(verification, evidence);
    case 'standard-webhooks':
      return verifyStandard({ prefix: 'webhook', toleranceSeconds: verification.toleranceSeconds }, evidence);
    case 'svix':
      return verifyStandard({ prefix: 'svix', toleranceSeconds: verification.toleranceSeconds }, evidence);
    case 'stripe':
      return verifyStripe(verification.toleranceSeconds, evidence);
    case 'shared-header':
      return verifySharedHeader(verification, evidence);
    case 'basic':
      return verifyBasic(verification.username, evidence);
    case 'jwt':
      return verifyToken(verification, evidence);
    case 'source-addresses':
      return verifyAddress(verification.ranges, evidence);
    case 'client-certificate':
      return verifyCertificate(verification.sha256Fingerprints, evidence);
    default:
      return refuse(`the kind ${(verification satisfies never as { kind: string }).kind} is not known`);
  }
}
