import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatApiKey, hashApiKeySecret, isApiKeySecret, parseApiKey } from '../../../../shared/core/api-key.ts';
import { sampleId, sampleTenant } from '../../../kit/sample-documents.ts';

const secret = 'A'.repeat(43);

describe('API keys', () => {
  it('read back as they were written', () => {
    const parts = { tenantId: sampleTenant(), id: sampleId('apiKey'), secret };
    expect(parseApiKey(formatApiKey(parts))).toEqual(parts);
  });

  it('are nothing else', () => {
    const key = formatApiKey({ tenantId: 'demo', id: sampleId('apiKey'), secret });
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom('_', ' ', 'é', '\n'), (at, character) => {
        if (key[at] === character) return;
        expect(parseApiKey(key.slice(0, at) + character + key.slice(at + 1))).toBeUndefined();
      }),
    );
    expect(parseApiKey(key.slice(0, -12))).toBeUndefined();
    expect(parseApiKey(`${key}\n`)).toBeUndefined();
  });

  it('have a secret that only its own hash accepts', () => {
    expect(isApiKeySecret(secret, hashApiKeySecret(secret))).toBe(true);
    expect(isApiKeySecret(`${secret}B`, hashApiKeySecret(secret))).toBe(false);
    expect(isApiKeySecret(secret, 'abc')).toBe(false);
  });
});
