import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { openCertificate } from '../../../../../local/tls/certificate.ts';
import { webhookVerification } from '../../../../../shared/contracts/webhooks.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import type { Evidence, Verdict } from '../../../../../shared/core/webhooks/evidence.ts';
import { tokenQuestions, verifyDelivery } from '../../../../../shared/core/webhooks/verify-delivery.ts';
import { sourceAddressOf } from '../../../../../shared/core/webhooks/webhook-settings.ts';
import { senders } from '../../../../kit/webhooks/signed-requests.ts';

interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly search?: string;
  readonly pathSecret?: string;
  readonly sourceAddress?: string | undefined;
  readonly certificate?: string;
  readonly claims?: Readonly<Record<string, JsonObject>>;
  readonly secrets?: readonly string[];
  readonly nowMs?: number;
}

const now = Date.parse('2030-01-01T00:00:00.000Z');

function requestOf(given: Given): Evidence['request'] {
  return {
    method: 'POST',
    url: 'https://hooks.example/x',
    path: '/x',
    search: given.search ?? '',
    header: (name) => given.headers?.[name],
    body: Buffer.from(given.body ?? '{}'),
    pathSecret: given.pathSecret,
    sourceAddress: given.sourceAddress,
    certificate: given.certificate,
  };
}

function judge(kind: object, given: Given): Verdict {
  const secrets = (given.secrets ?? ['a-client-state-of-ours']).map((value) => ({ which: 'current' as const, value }));
  return verifyDelivery(
    { verification: webhookVerification.parse(kind) },
    {
      request: requestOf(given),
      secrets,
      nowMs: given.nowMs ?? now,
      claims: new Map(Object.entries(given.claims ?? {})),
    },
  );
}

const keptText = (verdict: Verdict) => (verdict.verified ? Buffer.from(verdict.keep ?? []).toString() : undefined);

describe('Microsoft Graph', () => {
  const state = 'a-client-state-of-ours';
  const item = (change: object = {}) => ({ subscriptionId: 's', changeType: 'updated', clientState: state, ...change });
  const rich = { applicationId: '11111111-1111-4111-8111-111111111111' };
  const directory = '22222222-2222-4222-8222-222222222222';
  const claims = {
    tid: directory,
    iss: `https://sts.windows.net/${directory}/`,
    appid: '0bf30f3b-4a52-48df-9a82-234910c4a086',
  };
  const graph = (body: object, change: object = {}, said: Record<string, JsonObject> = {}) =>
    judge({ kind: 'microsoft-graph', ...change }, { body: JSON.stringify(body), claims: said });

  it('keeps the notifications that show the state, without it, and drops the others', () => {
    const verdict = graph({ value: [item({ n: 1 }), item({ n: 2, clientState: 'other' }), { n: 3 }, 'odd', null] });
    expect(keptText(verdict)).toBe('{"value":[{"subscriptionId":"s","changeType":"updated","n":1}]}');
    expect(verdict).toMatchObject({ detail: 'client state; 4 of 5 notifications dropped' });
  });

  it('takes lifecycle events by the same proof', () => {
    for (const lifecycleEvent of ['reauthorizationRequired', 'subscriptionRemoved', 'missed']) {
      expect(graph({ value: [item({ lifecycleEvent })] }).verified).toBe(true);
      expect(graph({ value: [item({ lifecycleEvent, clientState: 'other' })] }).verified).toBe(false);
    }
  });

  it.each([{}, { value: [] }, { value: 'x' }, { value: [item({ clientState: 7 })] }, [], null, 'x'])(
    'refuses %j',
    (body) => {
      expect(graph(body as object).verified).toBe(false);
    },
  );

  it('has an event id where each notification has one', () => {
    const verdict = graph({ value: [item({ id: 'b' }), item({ id: 'a' })] });
    expect(verdict).toMatchObject({ eventId: 'a,b' });
    expect(graph({ value: [item({ id: 'b' }), item()] })).toMatchObject({ eventId: undefined });
  });

  it('takes data only with tokens that all verify, for our application, by Microsoft Graph', () => {
    const body = { value: [item({ encryptedContent: {} })], validationTokens: ['t1', 't2'] };
    const both = { t1: claims, t2: claims };
    const verdict = graph(body, rich, both);
    expect(keptText(verdict)).toBe('{"value":[{"subscriptionId":"s","changeType":"updated","encryptedContent":{}}]}');
    expect(graph(body, { ...rich, directoryId: directory }, both).verified).toBe(true);
    const v2 = { tid: directory, iss: `https://login.microsoftonline.com/${directory}/v2.0`, azp: claims.appid };
    expect(graph(body, rich, { t1: claims, t2: v2 }).verified).toBe(true);
    expect(graph(body, {}, both).verified).toBe(false);
    expect(graph(body, rich, { t1: claims }).verified).toBe(false);
    expect(graph({ ...body, validationTokens: [] }, rich, both).verified).toBe(false);
    expect(graph({ ...body, validationTokens: ['t1', 7] }, rich, both).verified).toBe(false);
    expect(graph({ value: body.value }, rich, both).verified).toBe(false);
    expect(graph(body, { ...rich, directoryId: rich.applicationId }, both).verified).toBe(false);
    for (const wrong of [
      { appid: rich.applicationId },
      { iss: 'https://evil.example/' },
      { tid: rich.applicationId },
    ]) {
      expect(graph(body, rich, { t1: claims, t2: { ...claims, ...wrong } }).verified).toBe(false);
    }
  });

  it('asks for its tokens with the keys of its cloud', () => {
    const verification = webhookVerification.parse({
      kind: 'microsoft-graph',
      ...rich,
      loginHost: 'login.microsoftonline.us',
    });
    const body = JSON.stringify({ value: [item()], validationTokens: ['t1', 7] });
    const secrets = [{ which: 'current', value: state }] as const;
    expect(tokenQuestions(verification, { request: requestOf({ body }), secrets })).toEqual([
      {
        token: 't1',
        jwksUrl: 'https://login.microsoftonline.us/common/discovery/v2.0/keys',
        audience: rich.applicationId,
        algorithms: ['RS256'],
      },
    ]);
  });
});

describe('Salesforce', () => {
  const sender = senders.find(({ name }) => name === 'Salesforce');
  const message = sender?.body(1, '') ?? '';
  const kind = { kind: 'salesforce-outbound-message', organizationId: '00D5g000004hVZ7' };
  const given = { body: message, search: 'secret=a-client-state-of-ours' };

  it('keeps everything but the session id', () => {
    const verdict = judge(kind, given);
    expect(verdict).toMatchObject({ verified: true, eventId: '04l5g0000000001AAA' });
    expect(keptText(verdict)).toBe(message.replace('00D5g000004hVZ7!AQwAQLiveSession', ''));
    const prefixed = message
      .replaceAll('SessionId>', 's:SessionId>')
      .replace('<notifications', '<notifications xmlns:s="x"');
    expect(keptText(judge(kind, { ...given, body: prefixed }))).not.toContain('LiveSession');
  });

  it('refuses a message in which the session id stands elsewhere, too', () => {
    const body = message.replace('Žižek', '00D5g000004hVZ7!AQwAQLiveSession');
    expect(judge(kind, { ...given, body }).verified).toBe(false);
  });

  it.each([
    ['00D5g000004hVZ7', '00D5g000004hVZ7EAM', true],
    ['00D5g000004hVZ7EAM', '00D5g000004hVZ7', true],
    ['00D5g000004hVZ7EAM', '00D5g000004hVZ7EAM', true],
    ['00D5g000004hVZ7', '00D5g000004hvZ7', false],
    ['00D5g000004hVZ7', '00D5g000004hVZ7EAE', false],
    ['00D5g000004hVZ7', '', false],
  ])('an organisation set as %s takes one named %s: %s', (organizationId, named, expected) => {
    const body = message.replace('00D5g000004hVZ7EAM', named);
    expect(judge({ ...kind, organizationId }, { ...given, body }).verified).toBe(expected);
  });

  it('takes the secret only where it is set', () => {
    const inPath = { ...kind, secretIn: 'path' };
    expect(judge(inPath, { body: message, pathSecret: 'a-client-state-of-ours' }).verified).toBe(true);
    expect(judge(inPath, given).verified).toBe(false);
    expect(judge(kind, { body: message, pathSecret: 'a-client-state-of-ours' }).verified).toBe(false);
    expect(judge(kind, { ...given, search: 'secret=other&secret=a-client-state-of-ours' }).verified).toBe(false);
  });

  it.each(['<a/>', '{}', '', '<!DOCTYPE x><a/>'])('refuses %j', (body) => {
    expect(judge(kind, { ...given, body }).verified).toBe(false);
  });
});

describe('tokens', () => {
  const kind = {
    kind: 'jwt',
    jwksUrl: 'https://keys.example/jwks',
    issuer: 'https://issuer.example',
    audience: 'castiel',
    bodyHashClaim: 'body_sha256',
  };
  const token = 'eyJhIjoxfQ.eyJiIjoxfQ.c2lnbmF0dXJl';
  const claims = { [token]: { body_sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' } };

  it('is taken when it verified, and is for this body', () => {
    for (const authorization of [`Bearer ${token}`, token]) {
      expect(judge(kind, { headers: { authorization }, claims }).verified).toBe(true);
    }
    expect(judge(kind, { headers: { authorization: `Bearer ${token}` } }).verified).toBe(false);
    expect(judge(kind, { headers: { authorization: `Bearer ${token}` }, claims, body: '[]' }).verified).toBe(false);
    expect(judge(kind, { claims }).verified).toBe(false);
    expect(judge(kind, { headers: { authorization: `Bearer ${token}, Bearer ${token}` }, claims }).verified).toBe(
      false,
    );
    // The same signature in another spelling.
    expect(judge(kind, { headers: { authorization: `Bearer ${token.slice(0, -1)}V` }, claims }).verified).toBe(false);
  });
});

describe('source addresses', () => {
  const kind = { kind: 'source-addresses', ranges: ['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '::1'] };

  it.each([
    ['192.0.2.255', true],
    ['192.0.3.0', false],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['2001:db8:ffff::1', true],
    ['2001:db9::1', false],
    ['::1', true],
    ['::ffff:192.0.2.1', true],
    ['::ffff:192.0.3.1', false],
    ['192.0.2.1, 10.0.0.1', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (sourceAddress, expected) => {
    expect(judge(kind, { sourceAddress }).verified).toBe(expected);
  });

  it.each([
    ['192.0.2.1:5000', 1, '192.0.2.1'],
    ['6.6.6.6, 192.0.2.1', 1, '192.0.2.1'],
    ['6.6.6.6, 192.0.2.1, 10.0.0.1:443', 2, '192.0.2.1'],
    ['[2001:db8::1]:443', 1, '2001:db8::1'],
    ['2001:db8::1', 1, '2001:db8::1'],
    ['192.0.2.1', 2, undefined],
    ['192.0.2.1', 0, undefined],
    [undefined, 1, undefined],
  ])('of %s with %i front ends, %s called', (header, hops, address) => {
    expect(sourceAddressOf(header, hops)).toBe(address);
  });
});

test('a client certificate is taken when it is one of those named, in its time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'castiel-certificate-'));
  try {
    const { certificate } = openCertificate(folder, now);
    const parsed = new X509Certificate(certificate);
    const named = (sha256Fingerprints: string[]) => ({ kind: 'client-certificate', sha256Fingerprints });
    const kind = named([parsed.fingerprint256]);
    const der = parsed.raw.toString('base64');
    const valid = { nowMs: now + 60_000 };
    for (const shown of [der, encodeURIComponent(certificate), certificate]) {
      expect(judge(kind, { ...valid, certificate: shown }).verified).toBe(true);
    }
    expect(judge(named(['ab'.repeat(32)]), { ...valid, certificate: der }).verified).toBe(false);
    expect(judge(kind, { certificate: der, nowMs: now + 20 * 365 * 86_400_000 }).verified).toBe(false);
    expect(judge(kind, { certificate: der, nowMs: now - 20 * 365 * 86_400_000 }).verified).toBe(false);
    expect(judge(kind, valid).verified).toBe(false);
    const { publicKey } = generateKeyPairSync('ed25519');
    for (const odd of ['', 'x', '%', publicKey.export({ format: 'der', type: 'spki' }).toString('base64')]) {
      expect(judge(kind, { ...valid, certificate: odd }).verified).toBe(false);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
