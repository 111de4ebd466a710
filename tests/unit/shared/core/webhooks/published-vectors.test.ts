import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { webhookVerification } from '../../../../../shared/contracts/webhooks.ts';
import type { Evidence } from '../../../../../shared/core/webhooks/evidence.ts';
import { verifyDelivery } from '../../../../../shared/core/webhooks/verify-delivery.ts';

interface Vector {
  readonly name: string;
  readonly kind: object;
  readonly secret: string;
  readonly method?: 'GET' | 'POST';
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** When it was sent, epoch milliseconds. */
  readonly nowMs?: number;
}

const hubSpotSecret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy';
const hubSpotUrl = 'https://www.example.com/webhook_uri';
const singleQuoted = "{'example_field':'example_value'}";

const hubSpotOld = (
  version: 'v1' | 'v2',
  signature: string,
  body: string,
  method: 'GET' | 'POST' = 'POST',
): Vector => ({
  name: `HubSpot ${version}, ${method} ${body.slice(0, 5)}`,
  kind: { kind: 'hubspot', versions: [version] },
  secret: hubSpotSecret,
  method,
  url: hubSpotUrl,
  headers: { 'x-hubspot-signature-version': version, 'x-hubspot-signature': signature },
  body,
});

const hubSpotV3 = (timestamp: string, signature: string): Vector => ({
  name: `HubSpot v3 at ${timestamp}`,
  kind: { kind: 'hubspot' },
  secret: hubSpotSecret,
  url: hubSpotUrl,
  headers: { 'x-hubspot-request-timestamp': timestamp, 'x-hubspot-signature-v3': signature },
  body: singleQuoted,
  nowMs: Number(timestamp),
});

/** As the providers, or the libraries that they publish, have them. */
const vectors: readonly Vector[] = [
  {
    name: "Slack's documentation",
    kind: { kind: 'slack' },
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    body:
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    nowMs: 1_531_420_618_000,
  },
  hubSpotV3('1693657560000', 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y='),
  hubSpotV3('1700000300000', 'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw='),
  hubSpotOld('v2', '4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383', singleQuoted),
  hubSpotOld('v1', '69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750', singleQuoted),
  hubSpotOld('v2', 'eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e', '', 'GET'),
  hubSpotOld(
    'v2',
    '9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900',
    '{"example_field":"example_value"}',
  ),
  {
    name: "GitHub's documentation",
    kind: { kind: 'github' },
    secret: "It's a Secret to Everybody",
    headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
    body: 'Hello, World!',
  },
  {
    name: 'Standard Webhooks',
    kind: { kind: 'standard-webhooks' },
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
    nowMs: 1_614_265_330_000,
  },
];

function judge(vector: Vector, change: Partial<Vector> = {}): boolean {
  const {
    kind,
    secret,
    method = 'POST',
    url = 'https://hooks.example/x',
    headers,
    body,
    nowMs = 0,
  } = { ...vector, ...change };
  const request: Evidence['request'] = {
    method,
    url,
    path: new URL(url).pathname,
    search: '',
    header: (name) => headers[name],
    body: Buffer.from(body, 'latin1'),
  };
  const secrets = [{ which: 'current', value: secret }] as const;
  const verification = webhookVerification.parse(kind);
  return verifyDelivery({ verification }, { request, secrets, nowMs, claims: new Map() }).verified;
}

function flips(text: string): string[] {
  return Array.from({ length: text.length * 8 }, (_, bit) => {
    const bytes = Buffer.from(text, 'latin1');
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes.toString('latin1');
  });
}

test.each(vectors)(
  '$name: verified, and refused with any bit flipped, header missing, time stale or secret wrong',
  (vector) => {
    expect(judge(vector)).toBe(true);
    for (const body of flips(vector.body)) expect([body, judge(vector, { body })]).toEqual([body, false]);
    for (const [name, value] of Object.entries(vector.headers)) {
      for (const flipped of flips(value)) {
        expect([flipped, judge(vector, { headers: { ...vector.headers, [name]: flipped } })]).toEqual([flipped, false]);
      }
      const { [name]: _missing, ...headers } = vector.headers;
      expect([name, judge(vector, { headers })]).toEqual([name, false]);
    }
    if (vector.nowMs !== undefined) {
      for (const minutes of [-6, 6]) expect(judge(vector, { nowMs: vector.nowMs + minutes * 60_000 })).toBe(false);
    }
    for (const secret of flips(vector.secret)) {
      // A flipped prefix or letter of a secret in base64 is a secret of another spelling, or none.
      expect([secret, judge(vector, { secret })]).toEqual([secret, false]);
    }
    if (vector.url !== undefined && !vector.name.includes('v1')) {
      expect(judge(vector, { url: `${vector.url}?x=1` })).toBe(false);
      expect(judge(vector, { method: vector.method === 'GET' ? 'POST' : 'GET' })).toBe(false);
    }
  },
);

test("HubSpot's URL is signed with some characters decoded, and no others", () => {
  const vector: Vector = {
    name: 'encoded',
    kind: { kind: 'hubspot' },
    secret: hubSpotSecret,
    url: 'https://www.example.com/hook?a=%3A%2f%3F%40%21%24%27%28%29%2A%2C%3B&b=%26%20%C5%BE%253A',
    headers: {
      'x-hubspot-request-timestamp': '1700000300000',
      // HMAC-SHA256 by OpenSSL over "POSThttps://www.example.com/hook?a=:/?@!$'()*,;&b=%26%20%C5%BE%253A{}1700000300000".
      'x-hubspot-signature-v3': 'QYdJPX9X4xD7o+SvVxLwjcfDl9vDjsOt1VmKspCcqWY=',
    },
    body: '{}',
    nowMs: 1_700_000_300_000,
  };
  expect(judge(vector)).toBe(true);
});

test('Standard Webhooks: what the published library signs is verified', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const at = new Date('2030-01-01T00:00:00.000Z');
  for (const body of ['{}', '{"text":"ž 😀"}', '[1,2]']) {
    const signature = new Webhook(secret).sign('msg_1', at, body);
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': signature,
    };
    const vector = {
      name: 'library',
      kind: { kind: 'standard-webhooks' },
      secret,
      headers,
      body: Buffer.from(body).toString('latin1'),
    };
    expect(judge({ ...vector, nowMs: at.getTime() })).toBe(true);
    const rotated = { ...headers, 'webhook-signature': `v1,AAAA v1a,AAAA ${signature}` };
    expect(judge({ ...vector, headers: rotated, nowMs: at.getTime() })).toBe(true);
  }
});
