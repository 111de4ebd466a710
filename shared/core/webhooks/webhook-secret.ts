import type { WebhookVerification } from './evidence.ts';
import { parseStandardSecret } from './verify-standard.ts';

/** The logical name of an integration's webhook secret; the secret store makes it unique per tenant. */
export function webhookSecretName(integrationId: string): string {
  return `webhook-secret:${integrationId}`;
}

/**
 * Where the secret of a kind comes from. `provider`: whoever sets it up copies it from there. `either`: it may be ours, to be set at the provider.
 * `none`: the kind has none.
 */
export function secretOrigin({ kind }: WebhookVerification): 'provider' | 'either' | 'none' {
  switch (kind) {
    case 'slack':
    case 'hubspot':
    case 'stripe':
    case 'shopify':
    case 'svix':
      return 'provider';
    case 'jwt':
    case 'source-addresses':
    case 'client-certificate':
      return 'none';
    default:
      return 'either';
  }
}

/** A secret of our own making. @param random 32 bytes */
export function composeSecret(verification: WebhookVerification, random: Uint8Array): string {
  const bytes = Buffer.from(random);
  if (verification.kind === 'standard-webhooks') return `whsec_${bytes.toString('base64')}`;
  const encoding = verification.kind === 'hmac' ? verification.secretEncoding : 'text';
  return bytes.toString(encoding === 'text' ? 'base64url' : encoding);
}

/** What is wrong with a secret for a kind, in words that go on from its field's name. */
export function judgeSecret(verification: WebhookVerification, secret: string): string | undefined {
  switch (verification.kind) {
    case 'standard-webhooks':
    case 'svix':
      return parseStandardSecret(secret) === undefined
        ? 'must be a secret like "whsec_…" or a key like "whpk_…"'
        : undefined;
    case 'microsoft-graph':
      return /^[\x20-\x7e]{16,128}$/.test(secret) ? undefined : 'must be 16 to 128 printable ASCII characters';
    case 'salesforce-outbound-message':
      return /^[\w.~-]{16,128}$/.test(secret) ? undefined : 'must be 16 to 128 letters, digits, ".", "~", "_" and "-"';
    case 'hmac':
      return judgeEncoded(verification.secretEncoding, secret);
    default:
      return secret.length < 8 ? 'must have at least 8 characters' : undefined;
  }
}

function judgeEncoded(encoding: 'text' | 'hex' | 'base64', secret: string): string | undefined {
  if (encoding === 'text') return secret.length < 8 ? 'must have at least 8 characters' : undefined;
  const bytes = Buffer.from(secret, encoding);
  const isWhole = bytes.toString(encoding) === secret.toLowerCase() || bytes.toString(encoding) === secret;
  return isWhole && bytes.length >= 8 ? undefined : `must be at least 8 bytes in ${encoding}`;
}
