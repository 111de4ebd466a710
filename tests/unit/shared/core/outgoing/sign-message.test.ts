import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import {
  formatSigningSecret,
  messageBody,
  signatureHeaders,
} from '../../../../../shared/core/outgoing/sign-message.ts';
import { sampleEvent } from '../../../../kit/sample-documents.ts';

/** The example of the Standard Webhooks specification's libraries. */
test('signs the known example', () => {
  const headers = signatureHeaders(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    new Date(1_614_265_330_000),
    '{"test": 2432232314}',
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  );
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('each live secret verifies by the reference library; another secret, body, id or time does not', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(bytes, bytes, fc.string(), fc.stringMatching(/^[a-z0-9_]{1,40}$/), (one, two, text, id) => {
      fc.pre(Buffer.compare(one, two) !== 0);
      const secrets = [formatSigningSecret(one), formatSigningSecret(two)];
      const body = JSON.stringify({ text });
      const now = new Date();
      const headers = signatureHeaders(id, now, body, secrets);
      for (const secret of secrets) expect(new Webhook(secret).verify(body, headers)).toEqual({ text });
      const other = new Webhook(formatSigningSecret(Uint8Array.from(one, (byte) => byte ^ 1)));
      if (
        Buffer.compare(
          one.map((byte) => byte ^ 1),
          two,
        ) !== 0
      )
        expect(() => other.verify(body, headers)).toThrow();
      const [secret = ''] = secrets;
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
      expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': `${id}x` })).toThrow();
      const time = String(Number(headers['webhook-timestamp']) + 1);
      expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-timestamp': time })).toThrow();
    }),
    { numRuns: 50 },
  );
});

test('a message tells the event, and nothing of where it is kept', () => {
  const event = sampleEvent('acme', { data: { integrationId: 'int_1' } });
  expect(JSON.parse(messageBody(event))).toEqual({
    id: event.id,
    type: 'sync.completed',
    version: 1,
    timestamp: event.at,
    subject: event.subject,
    data: { integrationId: 'int_1' },
  });
});
