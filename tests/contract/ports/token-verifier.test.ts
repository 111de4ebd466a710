import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../../../local/identity/server.ts';
import { createTokenVerifier, type TokenSettings } from '../../../shared/azure/token-verifier.ts';

/** An issuer of our own, so that tokens can be wrong in every way. */
let server: Server;
let issuer: string;
let keyRequests = 0;
let discoveredIssuer: string | undefined;
const pair = await generateKeyPair('RS256');
const otherPair = await generateKeyPair('RS256');
const ellipticPair = await generateKeyPair('ES256');
const audience = 'api://castiel';

beforeAll(async () => {
  const keys = [
    { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(ellipticPair.publicKey)), kid: 'elliptic', use: 'sig' },
  ];
  server = createServer((request, response) => {
    if (request.url === '/keys') keyRequests += 1;
    const body =
      request.url === '/keys'
        ? { keys }
        : {
            issuer: discoveredIssuer ?? issuer,
            jwks_uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
          };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const settings = (change: Partial<TokenSettings> = {}): TokenSettings => ({
  issuer,
  audience,
  jwksUri: `${issuer}/keys`,
  tenantClaim: 'tid',
  ...change,
});

const nowSeconds = () => Math.floor(Date.now() / 1000);

interface Signing {
  readonly key?: CryptoKey;
  readonly header?: { readonly alg: string; readonly kid?: string };
}

async function sign(change: JWTPayload = {}, { key, header }: Signing = {}): Promise<string> {
  const claims = {
    iss: issuer,
    aud: audience,
    sub: 'ana',
    tid: 'demo',
    roles: ['operator'],
    exp: nowSeconds() + 300,
    ...change,
  };
  return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
    .setProtectedHeader(header ?? { alg: 'RS256', kid: 'one' })
    .sign(key ?? pair.privateKey);
}

describe('tokens', () => {
  test('a valid one says who acts for whom', async () => {
    const verifier = createTokenVerifier(settings());
    expect(await verifier.verify(await sign())).toEqual({ tenantId: 'demo', subject: 'ana', role: 'operator' });
  });

  test.each([
    [['viewer'], 'viewer'],
    [['viewer', 'admin', 'operator'], 'admin'],
    [['unknown', 'operator', 7], 'operator'],
  ] as const)('roles %j act as %s', async (roles, role) => {
    expect(await createTokenVerifier(settings()).verify(await sign({ roles }))).toMatchObject({ role });
  });

  test('the tenant may be in another claim', async () => {
    const verifier = createTokenVerifier(settings({ tenantClaim: 'extension_tenant' }));
    expect(await verifier.verify(await sign({ extension_tenant: 'acme' }))).toMatchObject({ tenantId: 'acme' });
    expect(await verifier.verify(await sign())).toBeUndefined();
  });

  test.each<[string, JWTPayload]>([
    ['another issuer', { iss: 'https://elsewhere.example' }],
    ['another audience', { aud: 'api://other' }],
    ['no audience', { aud: undefined as never }],
    ['expired a minute ago', { exp: nowSeconds() - 60 }],
    ['no expiry', { exp: undefined as never }],
    ['not valid yet', { nbf: nowSeconds() + 120 }],
    ['no tenant', { tid: undefined }],
    ['a tenant that is no tenant', { tid: '../other' }],
    ['a tenant in capitals', { tid: 'DEMO' }],
    ['a tenant that is no text', { tid: ['demo'] }],
    ['no roles', { roles: undefined }],
    ['no role of ours', { roles: ['owner'] }],
    ['roles that are no list', { roles: 'admin' }],
    ['no subject', { sub: undefined as never }],
    ['an empty subject', { sub: '' }],
  ])('%s is refused', async (_name, change) => {
    expect(await createTokenVerifier(settings()).verify(await sign(change))).toBeUndefined();
  });

  test('half a minute of clock difference is forgiven', async () => {
    const verifier = createTokenVerifier(settings());
    expect(await verifier.verify(await sign({ exp: nowSeconds() - 10 }))).toBeDefined();
    expect(await verifier.verify(await sign({ nbf: nowSeconds() + 10 }))).toBeDefined();
  });

  test('a signature that is not of the issuer is refused', async () => {
    const verifier = createTokenVerifier(settings());
    const token = await sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const admin = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), roles: ['admin'] }),
    );
    const forged = [
      await sign({}, { key: otherPair.privateKey }),
      await sign({}, { key: otherPair.privateKey, header: { alg: 'RS256', kid: 'unknown' } }),
      await sign({}, { key: ellipticPair.privateKey, header: { alg: 'ES256', kid: 'elliptic' } }),
      `${header}.${admin.toString('base64url')}.${signature}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      `${header}.${payload}`,
      `${token}x`,
      'nonsense',
      '',
    ];
    for (const token of forged) expect(await verifier.verify(token)).toBeUndefined();
  });

  test('a secret made of the public key does not sign', async () => {
    const key = new TextEncoder().encode(JSON.stringify(await exportJWK(pair.publicKey)));
    const token = await new SignJWT({
      iss: issuer,
      aud: audience,
      sub: 'x',
      tid: 'demo',
      roles: ['admin'],
      exp: nowSeconds() + 60,
    })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(key);
    expect(await createTokenVerifier(settings()).verify(token)).toBeUndefined();
  });
});

describe('keys', () => {
  test('are asked for once', async () => {
    const verifier = createTokenVerifier(settings());
    const before = keyRequests;
    for (let turn = 0; turn < 5; turn += 1) expect(await verifier.verify(await sign())).toBeDefined();
    expect(keyRequests - before).toBe(1);
  });

  test('are found by discovery', async () => {
    const { jwksUri: _, ...discovering } = settings();
    expect(await createTokenVerifier(discovering).verify(await sign())).toBeDefined();
  });

  test('of an issuer that calls itself something else are not taken', async () => {
    discoveredIssuer = 'https://elsewhere.example';
    const { jwksUri: _, ...discovering } = settings();
    const verifier = createTokenVerifier(discovering);
    await expect(verifier.verify(await sign())).rejects.toMatchObject({ code: 'unavailable' });
    discoveredIssuer = undefined;
    expect(await verifier.verify(await sign())).toBeDefined();
  });

  test.each([
    ['nobody listens', () => 'http://127.0.0.1:9/keys'],
    ['it is no key set', () => `${issuer}/not-keys`],
  ])('that cannot be had are not the fault of the token: %s', async (_name, jwksUri) => {
    const verifier = createTokenVerifier(settings({ jwksUri: jwksUri() }));
    await expect(verifier.verify(await sign())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the local issuer', () => {
  let identity: Identity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity.close());

  test('issues tokens that count, before and after its keys rotate', async () => {
    const verifier = createTokenVerifier({
      issuer: identity.issuer,
      audience: identity.audience,
      jwksUri: identity.jwksUri,
      tenantClaim: 'tid',
    });
    const token = await identity.issueToken({ tenant: 'demo', role: 'admin' });
    expect(await verifier.verify(token)).toMatchObject({ tenantId: 'demo', role: 'admin' });
    await identity.rotateKeys();
    expect(await verifier.verify(token)).toMatchObject({ tenantId: 'demo' });
  });
});
