import { createHmac } from 'node:crypto';
import githubExamples from '@octokit/webhooks-examples' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { parseCassette } from '../../../kit/cassettes/cassette.ts';
import { CassettePlayer } from '../../../kit/cassettes/player.ts';
import { CassetteRecorder } from '../../../kit/cassettes/recorder.ts';

/** The package says its list's type as if it were no list of examples. */
const examples = githubExamples as unknown as {
  readonly name: string;
  readonly examples: readonly unknown[];
}[];

const secret = "It's a Secret to Everybody";

interface Sent {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function record(deliveries: readonly Sent[], secrets: Record<string, string> = {}): Promise<string> {
  const recorder = new CassetteRecorder(secrets);
  for (const delivery of deliveries) await recorder.noteDelivery({ method: 'POST', url: '/hook', ...delivery });
  return recorder.write();
}

function playAll(text: string, secrets: Record<string, string> = {}): Sent[] {
  const player = new CassettePlayer(parseCassette(text), { secrets });
  const played: Sent[] = [];
  for (let next = player.nextDelivery(); next !== undefined; next = player.nextDelivery()) {
    played.push({ headers: next.headers as Record<string, string>, body: next.body });
  }
  player.finish();
  return played;
}

const github = (body: Buffer): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe("GitHub's own examples", () => {
  const deliveries = examples.flatMap(({ name, examples: payloads }) =>
    payloads.slice(0, 2).map((payload, index) => {
      const body = Buffer.from(JSON.stringify(payload, null, index % 2 === 0 ? 0 : 2));
      const headers = { 'x-github-event': name, 'x-hub-signature-256': github(body) };
      return { headers, body };
    }),
  );

  test('come back in order, byte for byte, so that their signatures hold, but for what has secrets in it', async () => {
    expect(deliveries.length).toBeGreaterThan(60);
    const text = await record(deliveries, { signing: secret });
    const played = playAll(text, { signing: secret });
    expect(played.map(({ headers }) => headers['x-github-event'])).toEqual(
      deliveries.map(({ headers }) => headers['x-github-event']),
    );
    const changed = played.filter(({ headers, body }) => github(body) !== headers['x-hub-signature-256']);
    // They hold secrets themselves: of hooks, and of signed downloads.
    expect(changed.map(({ headers }) => headers['x-github-event'])).toEqual(['meta', 'package', 'ping']);
    expect(text).not.toContain(secret);
  });

  test('give the same file each time', async () => {
    expect(await record(deliveries.slice(0, 20))).toBe(await record(deliveries.slice(0, 20)));
  });
});

describe('published vectors hold after playing', () => {
  test('GitHub', async () => {
    const [played] = playAll(
      await record([
        {
          headers: { 'x-hub-signature-256': github(Buffer.from('Hello, World!')) },
          body: Buffer.from('Hello, World!'),
        },
      ]),
    );
    expect(played?.headers['x-hub-signature-256']).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
    expect(github(played?.body ?? Buffer.alloc(0))).toBe(played?.headers['x-hub-signature-256']);
  });

  test('Standard Webhooks', async () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const signing = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const text = await record([{ headers, body: Buffer.from('{"test": 2432232314}') }], { signing });
    const [played] = playAll(text, { signing });
    const signed = `${played?.headers['webhook-id']}.${played?.headers['webhook-timestamp']}.${played?.body}`;
    const mac = createHmac('sha256', Buffer.from(signing.slice('whsec_'.length), 'base64')).update(signed);
    expect(`v1,${mac.digest('base64')}`).toBe(played?.headers['webhook-signature']);
  });

  test("HubSpot's third version, whose body is no JSON", async () => {
    const body = Buffer.from("{'example_field':'example_value'}");
    const headers = {
      'x-hubspot-request-timestamp': '1693657560000',
      'x-hubspot-signature-v3': 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
    };
    const [played] = playAll(await record([{ headers, body }]));
    const mac = createHmac('sha256', 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy').update(
      `POSThttps://www.example.com/webhook_uri${played?.body}${played?.headers['x-hubspot-request-timestamp']}`,
    );
    expect(mac.digest('base64')).toBe(played?.headers['x-hubspot-signature-v3']);
  });
});

test("a session id of Salesforce's is taken out of its message", async () => {
  const body = Buffer.from(
    '<notifications><SessionId>00Dxx0000001gPL!AR8AQ.live</SessionId><Id>04l1</Id></notifications>',
  );
  const [played] = playAll(await record([{ headers: {}, body }]));
  expect(String(played?.body)).toBe('<notifications><SessionId>redacted.1.</SessionId><Id>04l1</Id></notifications>');
});

test('a delivery that nobody takes is an error that names it', async () => {
  const player = new CassettePlayer(parseCassette(await record([{ headers: {}, body: Buffer.from('a') }])));
  expect(() => player.finish()).toThrow(
    '1 of 1 exchanges were not used, the first is exchange 1 (delivery POST /hook)',
  );
});

test('what is no cassette says where', () => {
  expect(() => parseCassette('{"cassette":1,"interactions":[{"kind":"call"}]}')).toThrow('interactions[0].request');
  expect(() => parseCassette('{"cassette":2,"interactions":[]}')).toThrow('cassette');
});
