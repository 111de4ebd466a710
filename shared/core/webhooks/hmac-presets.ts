import type { WebhookVerification } from './evidence.ts';
import type { HmacScheme } from './verify-hmac.ts';

type PresetKind = 'slack' | 'github' | 'shopify';

const plain = { prefix: '', algorithm: 'sha256', encoding: 'hex', template: '{body}', secretEncoding: 'text' } as const;

/** The providers whose scheme is nothing but an HMAC over a template. */
export function hmacPreset(verification: Extract<WebhookVerification, { kind: PresetKind }>): HmacScheme {
  switch (verification.kind) {
    case 'slack': {
      const { toleranceSeconds } = verification;
      const timestamp = { header: 'x-slack-request-timestamp', unit: 'seconds', toleranceSeconds } as const;
      return { ...plain, header: 'x-slack-signature', prefix: 'v0=', template: 'v0:{timestamp}:{body}', timestamp };
    }
    case 'github':
      return { ...plain, header: 'x-hub-signature-256', prefix: 'sha256=' };
    case 'shopify':
      return { ...plain, header: 'x-shopify-hmac-sha256', encoding: 'base64' };
  }
}
