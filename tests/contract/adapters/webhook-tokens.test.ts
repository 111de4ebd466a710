import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWebhookTokens } from '../../../adapters/kit/webhook-tokens.ts';
import type { TokenQuestion } from '../../../shared/core/webhooks/evidence.ts';

type Key = Awaited<ReturnType<typeof generateKeyPair>>;

let server: Server;
let url: string;
let keys: JWK[];
let status: number;
let requests: number;
let first: Key;
let second: Key;

beforeAll(async () => {
  first = await generateKeyPair('RS256');
  second = await generateKeyPair('RS256');
  server = createServer((request, response) => {
    requests += 1;
    if (request.url === '/moved') response.writeHead(302, { location: '/keys' }).end();
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});

beforeEach(async () => {
  keys = [{ ...(await exportJWK(first.publicKey)), kid: 'one', alg: 'RS256' }];
  status = 200;
  requests = 0;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

const question = (token: string, change: Partial<TokenQuestion> = {}): TokenQuestion => ({
  token,
  jwksUrl: url,
  issuer: 'https://sender.example',
  audience: 'castiel',
  algorithms: ['RS256'],
  ...change,
});

const sign = (claims: Record<string, unknown> = {}, key = first, kid = 'one') =>
  new SignJWT({ iss: 'https://sender.example', aud: 'castiel', exp: Math.floor(Date.now() / 1000) + 600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(key.privateKey);

describe('tokens of senders', () => {
  it('say what they say when they verify, and the keys are asked for once', async () => {
    const tokens = createWebhookTokens({ allowPrivateAddresses: true });
    for (let time = 0; time < 3; time += 1) {
      expect(await tokens.verify(question(await sign({ sub: `s${time}` })))).toMatchObject({ sub: `s${time}` });
    }
    expect(requests).toBe(1);
  });

  it.each([
    ['another issuer', { iss: 'https://other.example' }],
    ['another audience', { aud: 'other' }],
    ['the past', { exp: 1 }],
    ['no end', { exp: undefined }],
    ['the future', { nbf: Math.floor(Date.now() / 1000) + 600 }],
  ])('are nothing with %s', async (_what, claims) => {
    const tokens = createWebhookTokens({ allowPrivateAddresses: true });
    expect(await tokens.verify(question(await sign(claims)))).toBeUndefined();
  });

  it("are nothing when somebody else's key, no key or another algorithm signed them", async () => {
    const tokens = createWebhookTokens({ allowPrivateAddresses: true });
    expect(await tokens.verify(question(await sign({}, second)))).toBeUndefined();
    expect(await tokens.verify(question(await sign({}, first, 'unknown')))).toBeUndefined();
    const token = await sign();
    const [header, payload, signature = ''] = token.split('.');
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await tokens.verify(question(`${header}.${payload}.${flipped}`))).toBeUndefined();
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await tokens.verify(question(`${none}.${payload}.`))).toBeUndefined();
    expect(await tokens.verify(question(token, { algorithms: ['ES256'] }))).toBeUndefined();
    expect(await tokens.verify(question('x'))).toBeUndefined();
  });

  it('are nothing when they bring the key along, or take a public one for a secret', async () => {
    const tokens = createWebhookTokens({ allowPrivateAddresses: true });
    const claims = { iss: 'https://sender.example', aud: 'castiel', exp: Math.floor(Date.now() / 1000) + 600 };
    const own = await exportJWK(second.publicKey);
    const jku = url.replace('/keys', '/own');
    for (const header of [{ jwk: own }, { jku }, { jwk: own, kid: 'one' }, { x5u: jku, kid: 'one' }]) {
      const signed = new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header });
      expect(await tokens.verify(question(await signed.sign(second.privateKey)))).toBeUndefined();
    }
    const published = JSON.stringify(keys[0]);
    for (const secret of [published, String(keys[0]?.n), await exportSPKI(first.publicKey)]) {
      const signed = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'one' });
      const token = await signed.sign(Buffer.from(secret));
      expect(await tokens.verify(question(token))).toBeUndefined();
      expect(
        await tokens.verify(question(token, { algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] })),
      ).toBeUndefined();
    }
  });

  it('are no reason to refuse while the keys cannot be had', async () => {
    status = 500;
    const tokens = createWebhookTokens({ allowPrivateAddresses: true });
    const token = await sign();
    await expect(tokens.verify(question(token))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(tokens.verify(question(token, { jwksUrl: url.replace('/keys', '/moved') }))).rejects.toMatchObject({
      code: 'unavailable',
    });
    status = 200;
    expect(await tokens.verify(question(token))).toBeDefined();
  });

  it('are not verified with keys from inside the network', async () => {
    const tokens = createWebhookTokens({ allowPrivateAddresses: false });
    await expect(tokens.verify(question(await sign()))).rejects.toMatchObject({ code: 'unavailable' });
    expect(requests).toBe(0);
  });
});
