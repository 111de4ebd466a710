import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedact } from '../../../../adapters/kit/redact.ts';

test('takes a secret out in every form', () => {
  const secret = 'pa ss+word/with="quotes"&more';
  const redact = createRedact([secret]);
  const bytes = Buffer.from(secret);
  for (const form of [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%2B', '%2b').replaceAll('%2F', '%2f').replaceAll('%3D', '%3d'),
    new URLSearchParams({ key: secret }).toString().slice('key='.length),
    JSON.stringify({ secret }).slice(11, -2),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]) {
    expect(redact(`before ${form} after ${form}`)).toBe('before [redacted] after [redacted]');
  }
});

test('no text holds a secret afterwards', () => {
  const secrets = fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(secrets, fc.array(fc.string()), fc.nat(2), (given, texts, which) => {
      const secret = given[which % given.length] ?? '';
      const redacted = createRedact(given)(texts.join(secret));
      expect(redacted.split('[redacted]').some((part) => given.some((one) => part.includes(one)))).toBe(false);
    }),
  );
});

test('a short secret does not eat the marker', () => {
  expect(createRedact(['e', 'longer'])('longer text')).toBe('[redacted] t[redacted]xt');
});

test('without a secret a text stays as it is', () => {
  expect(createRedact(['', ''])('a text')).toBe('a text');
});
