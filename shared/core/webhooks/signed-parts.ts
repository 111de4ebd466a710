import type { WebhookVerification } from './evidence.ts';

/** Which parts of a request the proof of a kind is about. Whoever has seen one delivery can change the others, and send it again. */
interface SignedParts {
  readonly body: boolean;
  readonly query: boolean;
  readonly headers: readonly string[];
}

export function signedParts(verification: WebhookVerification): SignedParts {
  switch (verification.kind) {
    case 'standard-webhooks':
      return { body: true, query: false, headers: ['webhook-id', 'webhook-timestamp'] };
    case 'svix':
      return { body: true, query: false, headers: ['svix-id', 'svix-timestamp'] };
    case 'slack':
      return { body: true, query: false, headers: ['x-slack-request-timestamp'] };
    case 'github':
    case 'shopify':
    case 'stripe':
      return { body: true, query: false, headers: [] };
    case 'hubspot':
      return { body: true, query: !verification.versions.includes('v1'), headers: [] };
    case 'hmac': {
      const { template, idHeader, timestamp } = verification;
      const headers = [idHeader, timestamp?.header].filter((name) => name !== undefined);
      return { body: true, query: /\{(?:url|query)\}/.test(template), headers };
    }
    case 'jwt':
      return { body: verification.bodyHashClaim !== undefined, query: false, headers: [] };
    default:
      return { body: false, query: false, headers: [] };
  }
}
