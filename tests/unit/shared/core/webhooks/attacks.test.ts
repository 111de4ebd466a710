import { createHmac } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { webhookVerification } from '../../../../../shared/contracts/webhooks.ts';
import type { JsonObject } from '../../../../../shared/core/json.ts';
import { deliveryPayload } from '../../../../../shared/core/webhooks/delivery-payload.ts';
import { shownHeaders } from '../../../../../shared/core/webhooks/describe-request.ts';
import type { Evidence, Verdict, WebhookVerification } from '../../../../../shared/core/webhooks/evidence.ts';
import { readPayload } from '../../../../../shared/core/webhooks/read-payload.ts';
import { tokenQuestions, verifyDelivery } from '../../../../../shared/core/webhooks/verify-delivery.ts';
import { named } from '../../../../kit/webhooks/signed-requests.ts';

const nowMs = Date.parse('2030-01-01T00:00:00.000Z');
const secret = 'a-secret-of-the-attacked';

interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly search?: string;
  readonly url?: string;
  readonly path?: string;
  readonly claims?: Readonly<Record<string, JsonObject>>;
  readonly secret?: string;
}

function evidenceOf(given: Given): Evidence {
  return {
    request: {
      method: 'POST',
      url: given.url ?? 'https://hooks.example/x',
      path: given.path ?? '/x',
      search: given.search ?? '',
      header: (name) => given.headers?.[name],
      body: Buffer.from(given.body ?? '{}'),
    },
    secrets: [{ which: 'current', value: given.secret ?? secret }],
    nowMs,
    claims: new Map(Object.entries(given.claims ?? {})),
  };
}

const kindOf = (value: object): WebhookVerification => webhookVerification.parse(value);
const judge = (kind: object, given: Given): Verdict =>
  verifyDelivery({ verification: kindOf(kind) }, evidenceOf(given));

describe('bodies that cost more than their size', () => {
  const kind = { kind: 'salesforce-outbound-message', organizationId: '00D5g000004hVZ7' };
  const message = named('Salesforce').body(1, '');

  it.each([
    ['openings of the element with the session id', '<SessionId>'],
    ['beginnings of such openings', '<SessionId '],
    ['names before a colon', `<${'a'.repeat(300)}`],
  ])('many %s, in a text', (_what, text) => {
    const body = message.replace('Žižek', `<![CDATA[${text.repeat(Math.floor(900_000 / text.length))}]]>`);
    const verdict = judge(kind, { body, search: `secret=${secret}` });
    expect(verdict.verified && Buffer.from(verdict.keep ?? []).includes('LiveSession')).toBe(false);
  });

  it('a form with very many fields', () => {
    const fields = Array.from({ length: 60_000 }, (_, index) => `f${index}=`);
    const read = deliveryPayload('application/x-www-form-urlencoded', Buffer.from(fields.join('&')));
    expect(read.ok && Object.keys(read.value as object).length).toBe(fields.length);
  });

  it('a form says a field that comes several times as a list', () => {
    const read = deliveryPayload('application/x-www-form-urlencoded', Buffer.from('a=1&b=2&a=3&__proto__=x'));
    expect(read).toEqual({ ok: true, value: JSON.parse('{"a":["1","3"],"b":"2","__proto__":"x"}') });
  });

  it.each([
    ['tags that are never closed', '<a>'],
    ['closed tags', '<a/>'],
    ['attributes', ' a="1"'],
    ['comments', '<!---->'],
    ['beginnings of comments', '<!--'],
    ['CDATA', '<![CDATA[]]>'],
    ['beginnings of CDATA', '<![CDATA['],
    ['instructions', '<?a?>'],
    ['entities', '&amp;'],
    ['angles', '<'],
    ['closing tags', '</a>'],
    ['spaces', ' '],
    ['quotes', '"'],
  ])('XML of many %s', (_what, text) => {
    const inner = text.repeat(Math.floor(200_000 / text.length));
    for (const body of [`<r>${inner}</r>`, `<r ${inner}></r>`, `<r a="${inner}`, inner]) {
      readPayload('text/xml', Buffer.from(body));
    }
  });
});

describe('a session id', () => {
  const kind = { kind: 'salesforce-outbound-message', organizationId: '00D5g000004hVZ7' };
  const message = named('Salesforce').body(1, '');
  const element = '<SessionId>00D5g000004hVZ7!AQwAQLiveSession</SessionId>';
  const keeps = (instead: string) => {
    const verdict = judge(kind, { body: message.replace(element, instead), search: `secret=${secret}` });
    return verdict.verified ? Buffer.from(verdict.keep ?? []).toString() : 'refused';
  };

  it.each([
    element.repeat(2),
    element.replaceAll('SessionId', 'é:SessionId').repeat(2),
    element.replaceAll('SessionId', 'é:SessionId'),
    element.replace('<SessionId', '<SessionId\n a="b>c"'),
    element.replace('</SessionId>', '</SessionId\n>'),
    element.replace('00D5', '<![CDATA[00D5').replace('</', ']]></'),
    `<SessionId/>${element}`,
  ])('is never kept: %s', (instead) => {
    expect(keeps(instead)).not.toContain('LiveSession');
  });

  it('may be missing or empty', () => {
    for (const instead of ['', '<SessionId/>', '<SessionId xsi:nil="true"/>', '<SessionId></SessionId>']) {
      expect(keeps(instead)).toContain('0035g00000AAAAAAA4');
    }
  });
});

test('a path is signed as it was called, also where nobody said what the public address is', () => {
  const kind = { kind: 'hmac', header: 'x-signature', template: '{path}\n{body}' };
  const path = '/api/webhooks/int_1/acme';
  const signature = createHmac('sha256', secret).update(`${path}\n{}`).digest('hex');
  const headers = { 'x-signature': signature };
  expect(judge(kind, { headers, path, url: path }).verified).toBe(true);
  expect(judge(kind, { headers, path: `${path}/x`, url: path }).verified).toBe(false);
});

test('a signed time has one spelling: what stands before it cannot give or take digits', () => {
  const template = '{id}{timestamp}{body}';
  const timestamp = { header: 'x-time', unit: 'seconds' };
  const kind = { kind: 'hmac', header: 'x-signature', template, timestamp, idHeader: 'x-id' };
  const time = String(nowMs / 1000);
  const signature = createHmac('sha256', secret).update(`msg_10${time}{}`).digest('hex');
  const send = (id: string, at: string) =>
    judge(kind, { headers: { 'x-signature': signature, 'x-id': id, 'x-time': at } }).verified;
  expect(send('msg_10', time)).toBe(true);
  expect(send('msg_1', `0${time}`)).toBe(false);
});

test('the id and the time of Standard Webhooks cannot be cut elsewhere than the sender did', () => {
  const time = String(nowMs / 1000);
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  // An old delivery that holds a text of the attacker's: as if it had just been sent.
  const old = `msg_1.1614265330.{"text":"x.${time}.text=other&more="}`;
  const mac = createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
    .update(old)
    .digest('base64');
  const [id, body] = old.split(`.${time}.`);
  const headers = { 'webhook-id': id ?? '', 'webhook-timestamp': time, 'webhook-signature': `v1,${mac}` };
  expect(judge({ kind: 'standard-webhooks' }, { headers, body: body ?? '', secret: key }).verified).toBe(false);
});

describe('tokens', () => {
  const graph = { kind: 'microsoft-graph', applicationId: '11111111-1111-4111-8111-111111111111' };
  const directory = '22222222-2222-4222-8222-222222222222';
  const claims = { tid: directory, appid: '0bf30f3b-4a52-48df-9a82-234910c4a086' };
  const body = JSON.stringify({
    value: [{ id: 'a', clientState: secret, encryptedContent: {} }],
    validationTokens: ['t1'],
  });
  const takes = (iss: string, more: object = {}) =>
    judge({ ...graph, ...more }, { body, claims: { t1: { ...claims, iss } } }).verified;

  it('of Microsoft Graph are of an issuer of their own cloud', () => {
    const us = { loginHost: 'login.microsoftonline.us' };
    const cn = { loginHost: 'login.partner.microsoftonline.cn' };
    expect(takes(`https://sts.windows.net/${directory}/`)).toBe(true);
    expect(takes(`https://login.microsoftonline.com/${directory}/v2.0`)).toBe(true);
    expect(takes(`https://login.microsoftonline.us/${directory}/v2.0`, us)).toBe(true);
    expect(takes(`https://sts.windows.net/${directory}/`, us)).toBe(true);
    expect(takes(`https://sts.chinacloudapi.cn/${directory}/`, cn)).toBe(true);
    expect(takes(`https://login.partner.microsoftonline.cn/${directory}/v2.0`, cn)).toBe(true);
    expect(takes(`https://login.evil.example/${directory}/v2.0`)).toBe(false);
    expect(takes(`https://login.microsoftonline.us/${directory}/v2.0`)).toBe(false);
    expect(takes(`https://sts.chinacloudapi.cn/${directory}/`)).toBe(false);
    expect(takes(`https://sts.windows.net/${directory}/`, cn)).toBe(false);
  });

  it('of Microsoft Graph are looked at only for who shows the client state', () => {
    expect(tokenQuestions(kindOf(graph), evidenceOf({ body }))).toHaveLength(1);
    expect(tokenQuestions(kindOf(graph), evidenceOf({ body, secret: 'another-secret-of-ours' }))).toEqual([]);
  });

  it.each([
    'http://localhost:x@keys.example/',
    'http://127.0.0.1:80@keys.example/',
    'http://[::1]:80@keys.example/',
    'https://user:password@keys.example/',
    'http://localhost.keys.example/',
  ])('are not verified with keys of %s', (jwksUrl) => {
    const kind = { kind: 'jwt', jwksUrl, issuer: 'i', audience: 'a' };
    expect(webhookVerification.safeParse(kind).success).toBe(false);
  });

  it('may be verified with keys on this machine', () => {
    for (const jwksUrl of [
      'http://localhost:8080/keys',
      'http://127.0.0.1/keys',
      'http://[::1]:1/',
      'https://a.example/',
    ]) {
      const kind = { kind: 'jwt', jwksUrl, issuer: 'i', audience: 'a' };
      expect(webhookVerification.safeParse(kind).success).toBe(true);
    }
  });
});

describe('what is shown of a request', () => {
  const shown = (kind: object, headers: Record<string, string>) =>
    shownHeaders(kindOf(kind), Object.entries(headers), [{ which: 'current', value: secret }]);

  it('holds no proof, by whatever name it comes', () => {
    const timestamp = { header: 'x-time' };
    const hmac = { kind: 'hmac', header: 'x-proof', template: '{timestamp}.{body}', timestamp };
    expect(shown(hmac, { 'x-proof': 'abc', 'x-time': '1' })).toEqual({ 'x-proof': '••••', 'x-time': '1' });
  });

  it('holds no secret that a front end repeats from the URL', () => {
    const salesforce = { kind: 'salesforce-outbound-message', organizationId: '00D5g000004hVZ7' };
    const url = `/api/webhooks/int_1/acme?secret=${secret}`;
    const headers = {
      'x-waws-unencoded-url': url,
      'x-original-url': url.replaceAll('-', '%2D'),
      referer: `https://hooks.example${url}`,
      accept: 'text/xml',
    };
    const masked = { 'x-waws-unencoded-url': '••••', 'x-original-url': '••••', referer: '••••', accept: 'text/xml' };
    expect(shown(salesforce, headers)).toEqual(masked);
  });
});
