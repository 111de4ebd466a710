import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCassette } from '../../../kit/cassettes/cassette.ts';
import { CassetteRecorder } from '../../../kit/cassettes/recorder.ts';
import { Redactor } from '../../../kit/cassettes/redactor.ts';
import { formsOf } from '../../../kit/find-secret.ts';

/** Ways in which a secret comes to lie about in a request, from the outside: none of them is taken from the code under test. */
const writings: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (secret) =>
    encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'every byte percent-encoded': (secret) =>
    [...Buffer.from(secret)].map((b) => `%${b.toString(16).padStart(2, '0')}`).join(''),
  form: (secret) => new URLSearchParams({ a: secret }).toString().slice(2),
  JSON: (secret) => JSON.stringify(secret).slice(1, -1),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(1, -1),
  'JSON of escapes only': (secret) =>
    Array.from({ length: secret.length }, (_, at) => `\\u${secret.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  XML: (secret) => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  'XML of numbers': (secret) =>
    [...secret].map((character) => `&#x${character.codePointAt(0)?.toString(16)};`).join(''),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'hex in capitals': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  'basic credentials': (secret) => `Basic ${Buffer.from(`someone:${secret}`).toString('base64')}`,
  'base64 of more, at the second place': (secret) => Buffer.from(`x${secret} and more`).toString('base64'),
  'base64 of more, at the third place': (secret) => Buffer.from(`xy${secret}`).toString('base64'),
};

const secretText = fc.oneof(
  fc.string({ minLength: 8, maxLength: 40 }),
  fc.string({ minLength: 8, maxLength: 20, unit: 'grapheme' }).filter((text) => text.isWellFormed()),
  fc.base64String({ minLength: 8, maxLength: 40 }),
);
/** No part of a secret, so that what is found is the secret. */
const surroundings = fc.constantFrom('', 'before ', '{"a":"', '<a>', 'x=');

const bodies: Readonly<Record<string, (written: string) => string>> = {
  json: (written) => JSON.stringify({ deep: [{ value: `a ${written}` }] }),
  name: (written) => JSON.stringify({ [written]: 1 }),
  text: (written) => `${written}\n`,
};

describe('a secret that was given', () => {
  test('is found however it is written, and gone afterwards', () => {
    fc.assert(
      fc.property(secretText, fc.constantFrom(...Object.keys(writings)), surroundings, (secret, how, before) => {
        const written = (writings[how] ?? String)(secret);
        const redacted = new Redactor({ key: secret }).redact(`${before}${written}`, false);
        expect(redacted).toContain('redacted.key.');
        expect(formsOf(secret).filter((form) => redacted.includes(form))).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test('is nowhere in the file, wherever it was in the exchange', async () => {
    await fc.assert(
      fc.asyncProperty(
        secretText.filter((secret) => !'redacted.key.'.includes(secret)),
        fc.constantFrom(...Object.keys(writings)),
        fc.constantFrom('url', 'header', 'json', 'name', 'text', 'answer'),
        async (secret, how, where) => {
          const written = (writings[how] ?? String)(secret);
          const recorder = new CassetteRecorder({ key: secret });
          const answered = await recorder.noteDelivery({
            method: 'POST',
            url: where === 'url' ? `/hook?a=${encodeURIComponent(written)}` : '/hook',
            headers: { 'x-note': where === 'header' ? written : 'none' },
            body: Buffer.from(bodies[where]?.(written) ?? ''),
          });
          await answered({ status: 200, headers: {}, body: Buffer.from(where === 'answer' ? written : '') });
          const text = recorder.write();
          expect(formsOf(secret).filter((form) => text.includes(form))).toEqual([]);
          expect(text).toContain('redacted.key.');
          expect(parseCassette(text).interactions).toHaveLength(1);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of fewer than six characters is refused', () => {
    expect(() => new Redactor({ key: 'short' })).toThrow('at least 6 characters');
  });

  test('in a body that is no text: the cassette is not written', async () => {
    const recorder = new CassetteRecorder({ key: 'the secret' });
    const body = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('the secret')]);
    await recorder.noteDelivery({ method: 'POST', url: '/hook', headers: {}, body });
    expect(() => recorder.write()).toThrow('A body that is no text holds a secret');
  });
});

describe('a secret that nobody gave', () => {
  const learn = (text: string, isParameters = false): string => {
    const redactor = new Redactor({});
    redactor.learn(text, isParameters);
    return redactor.redact(text, isParameters);
  };

  test.each([
    ['{"access_token":"abc-def-123","note":"abc-def-123"}', '{"access_token":"redacted.1.","note":"redacted.1."}'],
    ['{"clientState" : "q\\"uoted value"}', '{"clientState" : "redacted.1."}'],
    ['{"raw":"{\\"password\\":\\"hunter2hunter2\\"}"}', '{"raw":"{\\"password\\":\\"redacted.1.\\"}"}'],
    ['<SessionId>00D!live.session</SessionId>', '<SessionId>redacted.1.</SessionId>'],
    ['<n:sessionId xsi:type="x">00D!live.session</n:sessionId>', '<n:sessionId xsi:type="x">redacted.1.</n:sessionId>'],
    ['token xoxb-1234567890-abcdefghij', 'token redacted.1.'],
    ['{"pin":"ok","password":"1234"}', '{"pin":"ok","password":"redacted.short."}'],
  ])('is learnt from its name or look: %s', (text, expected) => {
    expect(learn(text)).toBe(expected);
  });

  test('in a query has names of its own', () => {
    expect(learn('/token?code=abcdefgh&limit=20&$skiptoken=continue-here', true)).toBe(
      '/token?code=redacted.1.&limit=20&$skiptoken=continue-here',
    );
  });

  test.each(['{"state":"closed","key":"licence","code":"abcdefgh"}', '{"nextPageToken":"abcdefgh"}', '{"tokens":3}'])(
    'is not seen in what only sounds like one: %s',
    (text) => {
      expect(learn(text)).toBe(text);
    },
  );

  test('in a header is learnt without its scheme, and found in a body', async () => {
    const recorder = new CassetteRecorder();
    const headers = { authorization: 'Bearer abc.def.123', cookie: ['a=1; b=2'], 'x-api-key': 'k', 'x-other': 'kept' };
    await recorder.noteDelivery({ method: 'POST', url: '/', headers, body: Buffer.from('seen: abc.def.123') });
    expect(parseCassette(recorder.write()).interactions[0]?.request).toEqual({
      method: 'POST',
      url: '/',
      headers: {
        authorization: 'Bearer redacted.1.',
        cookie: 'redacted.cookie.',
        'x-api-key': 'redacted.short.',
        'x-other': 'kept',
      },
      body: { lines: ['seen: redacted.1.'] },
    });
  });

  test('stays equal where it was equal, and different where it was different', () => {
    expect(learn('{"token":"first-one","tokens":["x"],"secret":"second-one","again":"first-one"}')).toBe(
      '{"token":"redacted.1.","tokens":["x"],"secret":"redacted.2.","again":"redacted.1."}',
    );
  });
});
