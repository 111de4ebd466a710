import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseCassette } from '../../../kit/cassettes/cassette.ts';
import { CassetteRecorder } from '../../../kit/cassettes/recorder.ts';

const secret = 'gIkuvaNzQIHg97ATvDxqgjtO';

interface Given {
  readonly url?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
}

async function record(...deliveries: readonly Given[]): Promise<string> {
  const recorder = new CassetteRecorder();
  for (const { url = '/hook', headers = {}, body = '' } of deliveries) {
    await recorder.noteDelivery({ method: 'POST', url, headers, body: Buffer.from(body) });
  }
  return recorder.write();
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const multipart = { 'content-type': 'multipart/form-data; boundary=xx' };

describe('a secret that nobody gave is in no cassette', () => {
  test.each<[string, Given]>([
    [
      'JSON in a form (an interaction of Slack)',
      { headers: form, body: `payload=${encodeURIComponent(`{"token":"${secret}"}`)}` },
    ],
    ['a form in JSON', { body: JSON.stringify({ body: `grant_type=refresh_token&refresh_token=${secret}` }) }],
    ['JSON in JSON in JSON', { body: JSON.stringify(JSON.stringify(JSON.stringify({ api_key: secret }))) }],
    ['JSON with spaces and lines', { body: `{\n  "client_secret"\t:\n "${secret}"\n}` }],
    ['a list in JSON', { body: JSON.stringify({ refresh_tokens: ['short', secret] }) }],
    ['a name and a value in JSON', { body: JSON.stringify([{ name: 'access_token', value: secret }]) }],
    ['a name and a value in JSON, the value first', { body: JSON.stringify({ value: secret, key: 'X-Api-Key' }) }],
    [
      'a long number in JSON',
      { body: '{"password":12345678901234567890}'.replace('12345678901234567890', '9182736455') },
    ],
    ['an attribute in XML', { body: `<login user="me" password="${secret}"/>` }],
    ['an attribute in XML, in single quotes', { body: `<a:login sessionId='${secret}'/>` }],
    ['CDATA in XML', { body: `<SessionId><![CDATA[${secret}]]></SessionId>` }],
    ['XML with entities in XML', { body: `<data>&lt;password&gt;${secret}&lt;/password&gt;</data>` }],
    [
      'a part of a multipart form',
      {
        headers: multipart,
        body: `--xx\r\nContent-Disposition: form-data; name="password"\r\n\r\n${secret}\r\n--xx--\r\n`,
      },
    ],
    ['the user part of a URL', { body: JSON.stringify({ repository: `https://someone:${secret}@git.example/a.git` }) }],
    [
      'a signed URL in JSON (Azure)',
      { body: JSON.stringify({ url: `https://a.blob.core.windows.net/b?sv=1&sig=${secret}%3D&se=2` }) },
    ],
    [
      'a signed URL in JSON (SharePoint)',
      {
        body: JSON.stringify({
          '@microsoft.graph.downloadUrl': `https://a.sharepoint.com/d?UniqueId=1&tempauth=v1.${secret}`,
        }),
      },
    ],
    ['a signed URL in JSON (AWS)', { body: JSON.stringify({ url: `https://s3.example/b?X-Amz-Signature=${secret}` }) }],
    [
      'an incoming webhook of Slack',
      { body: JSON.stringify({ url: `https://hooks.slack.com/services/T0001/B0001/${secret}` }) },
    ],
    ['a header with a key', { headers: { 'x-signing-key': secret } }],
    ['a header with a secret in the midst of its name', { headers: { 'x-secret-value': secret } }],
    ['a header of a log line', { body: `> Authorization: Bearer ${secret}\n> Accept: */*\n` }],
    ['a list of words in a header', { headers: { 'x-forwarded-authorization': `Bearer ${secret}` } }],
    [
      'a private key',
      { body: JSON.stringify({ note: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----` }) },
    ],
  ])('%s', async (_where, given) => {
    const text = await record(given);
    expect(text).not.toContain(given.body === '{"password":9182736455}' ? '9182736455' : secret);
    expect(text).toMatch(/redacted\.\w+\./);
  });

  test.each<[string, Given]>([
    [
      'the password of a header',
      { headers: { authorization: `Basic ${Buffer.from(`me:${secret}`).toString('base64')}` } },
    ],
    ['a cookie', { headers: { cookie: `theme=dark; sid=${secret}` } }],
    ['a cookie that is set', { headers: { 'set-cookie': [`sid=${secret}; Path=/; HttpOnly`] } }],
    ['a form in JSON', { body: JSON.stringify({ body: `a=1&refresh_token=${secret}` }) }],
    ['JSON in a form', { headers: form, body: `payload=${encodeURIComponent(JSON.stringify({ token: secret }))}` }],
  ])('that was learnt from %s, wherever it shows under no name', async (_where, given) => {
    const elsewhere = [{ body: `see ${secret}.` }, { url: `/hook/${secret}` }, { headers: { 'x-note': secret } }];
    for (const other of elsewhere) {
      expect(await record(given, other)).not.toContain(secret);
      expect(await record(other, given)).not.toContain(secret);
    }
  });
});

describe('a secret that was given is in no cassette', () => {
  const recordGiven = async (body: Uint8Array, headers: Record<string, string> = {}) => {
    const recorder = new CassetteRecorder({ key: secret });
    await recorder.noteDelivery({ method: 'POST', url: '/hook', headers, body });
    return recorder.write();
  };

  test('written in UTF-16', async () => {
    for (const text of [`say ${secret}`, `é ${secret} ž`]) {
      const little = Buffer.from(text, 'utf16le');
      const attempt = (bytes: Buffer) => recordGiven(bytes).catch((error: Error) => error.message);
      for (const bytes of [little, Buffer.from(little).swap16()]) {
        const written = await attempt(bytes);
        expect(written).toMatch(/redacted\.key\.|holds a secret/);
        expect(written.replaceAll(/\\u0000|\0/g, '')).not.toContain(secret);
      }
    }
  });

  test('in base64 that is broken into lines', async () => {
    const long = Buffer.from(`${'x'.repeat(50)}${secret}${'y'.repeat(50)}`).toString('base64');
    const text = await recordGiven(Buffer.from(long.replaceAll(/.{76}/g, '$&\r\n')));
    const { interactions } = parseCassette(text);
    const shown = JSON.stringify(interactions).replaceAll(/\\r|\\n|[",[\]{}:]/g, '');
    expect(shown).toContain('redacted.key.');
    expect(shown).not.toContain(Buffer.from(`x${secret}`).toString('base64').slice(4, 24));
  });

  test('in an answer that was compressed', async () => {
    const recorder = new CassetteRecorder({ key: secret });
    const answered = await recorder.noteDelivery({ method: 'POST', url: '/hook', headers: {}, body: Buffer.alloc(0) });
    await answered({ status: 200, headers: { 'content-encoding': 'gzip' }, body: gzipSync(`it is ${secret}`) });
    const [delivery] = parseCassette(recorder.write()).interactions;
    expect(delivery).toMatchObject({ answer: { body: { lines: ['it is redacted.key.'] } } });
  });

  test('in one that says it was compressed, and was not: nothing is written', async () => {
    const recorder = new CassetteRecorder({ key: secret });
    const answered = await recorder.noteDelivery({ method: 'POST', url: '/hook', headers: {}, body: Buffer.alloc(0) });
    await answered({ status: 200, headers: { 'content-encoding': 'br' }, body: Buffer.from('plain') });
    expect(() => recorder.write()).toThrow('cannot be decompressed');
  });
});

test('what only looks like a place for a secret is kept', async () => {
  const bodies = [
    '{"state":"open","key":"licence","items":[{"name":"Ana","value":"a customer of ours"}]}',
    '{"url":"https://crm.example/companies?limit=20&page=2&code=SI"}',
    '<company kind="private" name="Key &amp; Lock"/>',
    '{"tokens":["a","b"],"count":12345678}',
  ];
  for (const body of bodies) expect(await record({ body })).not.toContain('redacted.');
});
