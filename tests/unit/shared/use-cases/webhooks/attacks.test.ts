import { createHmac } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { webhookVerification } from '../../../../../shared/contracts/webhooks.ts';
import { sampleId } from '../../../../kit/sample-documents.ts';
import { createIntake, type IntakeWorld, type SendChange } from '../../../../kit/webhooks/intake-world.ts';
import { named, type Sender } from '../../../../kit/webhooks/signed-requests.ts';

const github = named('GitHub');

describe('who has seen one signed delivery', () => {
  it('cannot send it under the id of one that is to come, so that this is taken for a repeat', async () => {
    const { send, stored } = await createIntake(github);
    const seen = '{"action":"opened","number":1}';
    await send({ number: 1, body: seen });
    await send({ number: 2, body: seen });
    expect((await send({ number: 2, body: '{"action":"closed","number":2}' })).status).toBe(202);
    expect(stored().map(({ body }) => body.kind === 'inline' && body.content)).toContain(
      '{"action":"closed","number":2}',
    );
    expect((await send({ number: 2, body: '{"action":"closed","number":2}' })).status).toBe(200);
  });

  it('cannot send it anew by what is appended to the URL', async () => {
    for (const sender of [named('Slack'), unnamed]) {
      const { send, stored } = await createIntake(sender);
      const body = '{"type":"app_rate_limited"}';
      await send({ body });
      for (const suffix of ['?', '?a', '?a=1', '?a=2']) expect((await send({ body, suffix })).status).toBe(200);
      expect(stored().length).toBe(1);
    }
  });

  it('can be told apart by the query where that is signed, or where nothing is', async () => {
    for (const sender of [signingQuery, named('a shared header')]) {
      const { send, stored } = await createIntake(sender);
      for (const suffix of ['?a=1', '?a=2'])
        expect((await send({ body: '{}', ...sendQuery(sender, suffix) })).status).toBe(202);
      expect(stored().length).toBe(2);
    }
  });
});

const sign = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

/** Signs the body alone, and gives it no id. */
const unnamed: Sender = {
  ...github,
  verification: webhookVerification.parse({ kind: 'hmac', header: 'x-signature' }),
  request: ({ body, secret }) => ({
    method: 'POST',
    suffix: '',
    headers: { 'content-type': 'application/json', 'x-signature': sign(secret, body) },
    body: Buffer.from(body),
  }),
};

const signingQuery: Sender = {
  ...unnamed,
  verification: webhookVerification.parse({ kind: 'hmac', header: 'x-signature', template: '{query}\n{body}' }),
};

function sendQuery(sender: Sender, suffix: string): SendChange {
  if (sender !== signingQuery) return { suffix };
  return { suffix, headers: { 'x-signature': sign(sender.secret, `${suffix.slice(1)}\n{}`) } };
}

describe('an id that no store keeps', () => {
  it.each([
    ['very long', 'x'.repeat(100_000)],
    ['of broken Unicode', '\ud800'],
    ['with NUL', 'a\u0000b'],
  ])('that is %s stands for its delivery all the same', async (_what, id) => {
    const sender = named('a shared header');
    const { send, stored } = await createIntake(sender, {}, { identity: { by: 'body', path: 'id' } });
    for (const [number, status] of [
      [1, 202],
      [1, 200],
      [2, 202],
    ] as const) {
      expect((await send({ body: JSON.stringify({ id: `${id}${number}` }) })).status).toBe(status);
    }
    for (const { eventId = '' } of stored()) expect(eventId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('and a type that none keeps is told as far as it can be', async () => {
    const { send, stored } = await createIntake(named('a shared header'));
    await send({ body: JSON.stringify({ type: 'a\u0000b' }) });
    expect(stored()[0]?.eventType).toBe('a\ufffdb');
  });
});

describe('a refusal asks the same of the stores, whatever is wrong', () => {
  const asks = async (world: IntakeWorld, change: SendChange) => {
    const asked: string[] = [];
    world.deps.faults.onOperation = ({ port, verb }) => void (port === 'integrations' && asked.push(verb));
    expect((await world.send(change)).status).toBe(401);
    world.deps.faults.onOperation = undefined;
    return asked;
  };

  it.each(['POST', 'GET'] as const)('%s', async (method) => {
    const world = await createIntake(github);
    const wrong = { method, secret: github.otherSecret } as const;
    expect(await asks(world, { ...wrong, integrationId: sampleId('integration') })).toEqual(['get']);
    expect(await asks(world, wrong)).toEqual(['get']);
    // It is remembered now.
    expect(await asks(world, wrong)).toEqual(['get']);
  });
});

test('a token is verified once, also when it is refused', async () => {
  const verification = webhookVerification.parse({
    kind: 'jwt',
    jwksUrl: 'https://keys.example/',
    issuer: 'i',
    audience: 'a',
  });
  let asked = 0;
  const webhookTokens = {
    verify: async () => {
      asked += 1;
      return undefined;
    },
  };
  const { secret: _secret, ...rest } = named('a shared header');
  const sender = { ...rest, verification, secret: '' } as Sender;
  const world = await createIntake(sender, { webhookTokens }, { secret: undefined });
  const headers = { authorization: 'Bearer eyJhIjoxfQ.eyJiIjoxfQ.c2lnbmF0dXJl' };
  for (const times of [1, 2, 3]) {
    expect((await world.send({ headers })).status).toBe(401);
    expect(asked).toBe(times);
  }
});

test('many who come at once when nothing is remembered have the integration read once', async () => {
  const { deps, send, stored } = await createIntake(github);
  let reads = 0;
  deps.faults.onOperation = ({ port, verb }) => {
    if (port === 'integrations' && verb === 'get') reads += 1;
  };
  const answers = await Promise.all(Array.from({ length: 64 }, (_, number) => send({ number })));
  expect(answers.every(({ status }) => status === 202)).toBe(true);
  expect([reads, stored().length]).toEqual([1, 64]);
});
