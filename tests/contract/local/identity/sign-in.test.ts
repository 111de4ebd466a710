import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';
import { createTokenVerifier } from '../../../../shared/azure/token-verifier.ts';
import {
  API_SCOPE,
  authorizeUrl,
  createVerifier,
  DASHBOARD_ID,
  openBrowser,
  REDIRECT_URI,
  redeem,
  signInWithCode,
} from './browser.ts';

const OTHER_APP = { clientId: 'other', name: 'Other', redirectUris: ['http://localhost/auth/callback'] };
const DASHBOARD = { clientId: DASHBOARD_ID, name: 'Dashboard', redirectUris: ['http://localhost/auth/callback'] };
let identity: Identity;
let aheadMs = 0;

beforeEach(async () => {
  aheadMs = 0;
  identity = await startIdentity({ publicClients: [DASHBOARD, OTHER_APP], now: () => Date.now() + aheadMs });
});
afterEach(() => identity.close());

const verify = async (token: string, audience: string) =>
  (
    await jwtVerify(token, createRemoteJWKSet(new URL(identity.jwksUri)), {
      issuer: identity.issuer,
      audience,
      algorithms: ['RS256'],
    })
  ).payload;

const askForCode = async (changes: Readonly<Record<string, string | undefined>> = {}) => {
  const { verifier, challenge } = createVerifier();
  const outcome = await openBrowser().signIn(authorizeUrl(identity, challenge, changes));
  return { verifier, code: outcome.get('code') ?? '', outcome };
};

describe('signing in with an authorization code', () => {
  it('goes by discovery from the page to verified tokens of the person who was chosen', async () => {
    const discovered = await fetch(`${identity.url}/common/v2.0/.well-known/openid-configuration`);
    const endpoints = (await discovered.json()) as Record<string, string | string[]>;
    expect(endpoints).toMatchObject({
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    });
    const { verifier, challenge } = createVerifier();
    const address = authorizeUrl(identity, challenge);
    expect(address.startsWith(`${endpoints['authorization_endpoint']}?`)).toBe(true);
    const browser = openBrowser();
    const fields = { tenant: 'northwind', user: 'grace', role: 'operator' };
    const { location } = await browser.submit(await browser.visit(address), fields);
    expect(location?.origin).toBe('http://localhost:5173');
    expect(location?.searchParams.get('state')).toBe('state & more');
    const { status, body } = await redeem(identity, location?.searchParams.get('code') ?? '', verifier);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile api://castiel-integrations/access_as_user',
    });
    const access = await verify(body['access_token'] ?? '', identity.audience);
    const person = { tid: 'northwind', name: 'grace', roles: ['operator'], ver: '2.0' };
    expect(access).toMatchObject({ ...person, scp: 'access_as_user', azp: DASHBOARD_ID });
    const id = await verify(body['id_token'] ?? '', DASHBOARD_ID);
    expect(id).toMatchObject({ ...person, nonce: 'nonce-1', oid: access['oid'], sub: access.sub });
    expect(id).not.toHaveProperty('scp');
    const direct = await identity.issueToken({ tenant: 'northwind', role: 'operator', subject: 'grace' });
    expect((await verify(direct, identity.audience))['oid']).toBe(access['oid']);
  });

  it('brings an access token that the product takes for that person, and an id token that it does not take', async () => {
    const { body } = await signInWithCode(identity);
    const { issuer, audience, jwksUri } = identity;
    const verifier = createTokenVerifier({ issuer, audience, jwksUri, tenantClaim: 'tid' });
    expect(await verifier.verify(body['access_token'] ?? '')).toMatchObject({ tenantId: 'demo', role: 'admin' });
    expect(await verifier.verify(body['id_token'] ?? '')).toBeUndefined();
  });

  it('gives an id token only for openid and a refresh token only for offline_access', async () => {
    const { body } = await signInWithCode(identity, { scope: 'api://castiel-integrations/.default' });
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'ext_expires_in', 'scope', 'token_type']);
  });

  it('tells who signed in to whoever holds a token without a resource, and to nobody else', async () => {
    const { body } = await signInWithCode(identity, { scope: 'openid email' });
    const ask = async (token: string | undefined) => {
      const response = await fetch(`${identity.url}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    const { sub } = await verify(body['id_token'] ?? '', DASHBOARD_ID);
    expect(await ask(body['access_token'])).toEqual({
      status: 200,
      body: { sub, name: 'ada', email: 'ada@demo.castiel.local' },
    });
    expect((await ask((await signInWithCode(identity)).body['access_token'])).status).toBe(401);
    expect((await ask('nonsense')).status).toBe(401);
  });
});

describe('a code', () => {
  it('is good once; shown again it ends the sign-in that it began', async () => {
    const { code, verifier } = await askForCode();
    const first = await redeem(identity, code, verifier);
    expect(first.status).toBe(200);
    expect(await redeem(identity, code, verifier)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const refresh = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: DASHBOARD_ID,
      refresh_token: first.body['refresh_token'] ?? '',
    });
    const refreshed = await fetch(`${identity.url}/common/oauth2/v2.0/token`, { method: 'POST', body: refresh });
    expect(await refreshed.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('is good for one of many that redeem it at the same time', async () => {
    const { code, verifier } = await askForCode();
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(identity, code, verifier)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('is good for a minute', async () => {
    const [early, late] = [await askForCode(), await askForCode()];
    aheadMs = 50_000;
    expect((await redeem(identity, early.code, early.verifier)).status).toBe(200);
    aheadMs = 61_000;
    const { status, body } = await redeem(identity, late.code, late.verifier);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'invalid_grant', error_description: expect.stringContaining('AADSTS70008') });
  });

  it.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }, 'common', 'invalid_grant'],
    ['a verifier that is too short', { code_verifier: 'short' }, 'common', 'invalid_grant'],
    ['no verifier', { code_verifier: '' }, 'common', 'invalid_request'],
    ['another address', { redirect_uri: 'http://localhost:5174/auth/callback' }, 'common', 'invalid_grant'],
    ['another application', { client_id: 'other' }, 'common', 'invalid_grant'],
    ['an unknown application', { client_id: 'nobody' }, 'common', 'unauthorized_client'],
    ['another tenant', {}, 'northwind', 'invalid_grant'],
    ['a secret, of which a public application has none', { client_secret: 'x' }, 'common', 'invalid_client'],
    ['a code that was never issued', { code: 'invented' }, 'common', 'invalid_grant'],
    ['more than was asked for', { scope: 'openid https://vault.azure.net/.default' }, 'common', 'invalid_scope'],
  ])('is refused with %s', async (_, changes, tenant, error) => {
    const { code, verifier } = await askForCode();
    const answer = await redeem(identity, code, verifier, changes, tenant);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).toMatchObject({ error, error_description: expect.stringMatching(/^AADSTS\d+: /) });
    expect(answer.body).not.toHaveProperty('access_token');
  });

  it('is burnt by a wrong verifier', async () => {
    const { code, verifier } = await askForCode();
    await redeem(identity, code, 'x'.repeat(43));
    expect((await redeem(identity, code, verifier)).status).toBe(400);
  });
});

describe('an application', () => {
  it.each([
    ['no challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge of no named method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a challenge that is no digest', { code_challenge: 'abc' }, 'invalid_request'],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['no scope', { scope: undefined }, 'invalid_request'],
    ['an unknown scope', { scope: 'openid files.read' }, 'invalid_scope'],
    ['an unknown permission', { scope: 'api://castiel-integrations/rule' }, 'invalid_scope'],
    ['two resources', { scope: `${API_SCOPE} https://vault.azure.net/.default` }, 'invalid_scope'],
    ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['an unknown prompt', { prompt: 'create' }, 'invalid_request'],
    ['no page where nobody is signed in', { prompt: 'none' }, 'login_required'],
  ])('that asks with %s is told so, with its state', async (_, changes, error) => {
    const { location } = await openBrowser().visit(authorizeUrl(identity, createVerifier().challenge, changes));
    expect(location?.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    expect(location?.searchParams.get('error')).toBe(error);
    expect(location?.searchParams.get('error_description')).toMatch(/^AADSTS\d+: /);
    expect(location?.searchParams.get('state')).toBe('state & more');
    expect(location?.searchParams.has('code')).toBe(false);
  });

  it.each([
    ['an unknown application', { client_id: 'nobody' }, 'common'],
    ['another host', { redirect_uri: 'https://evil.example/auth/callback' }, 'common'],
    ['another path', { redirect_uri: 'http://localhost:5173/elsewhere' }, 'common'],
    ['a host in disguise', { redirect_uri: 'http://localhost:80@evil.example/auth/callback' }, 'common'],
    ['no address', { redirect_uri: undefined }, 'common'],
    ['a form as the way back', { response_mode: 'form_post' }, 'common'],
    ['a tenant that cannot be', {}, 'No%20Tenant'],
  ])('gets nobody sent back for %s', async (_, changes, tenant) => {
    const url = authorizeUrl(identity, createVerifier().challenge, changes, tenant);
    const { status, location, html } = await openBrowser().visit(url);
    expect({ status, location }).toEqual({ status: 400, location: undefined });
    expect(html).toContain('This sign-in cannot begin');
  });

  it('may not give a parameter twice', async () => {
    const url = authorizeUrl(identity, createVerifier().challenge);
    expect((await openBrowser().visit(`${url}&state=second`)).status).toBe(400);
  });

  it('gets the outcome after the # if it asks for that', async () => {
    const browser = openBrowser();
    const url = authorizeUrl(identity, createVerifier().challenge, { response_mode: 'fragment' });
    const { location } = await browser.submit(await browser.visit(url));
    expect(location?.search).toBe('');
    expect(new URLSearchParams(location?.hash.slice(1)).get('code')).toMatch(/^[\w-]{43}$/);
  });

  it('may ask for tokens from its pages in a browser; others may not', async () => {
    const ask = (origin: string, method = 'POST') =>
      fetch(`${identity.url}/common/oauth2/v2.0/token`, { method, headers: { origin } });
    const allowed = async (origin: string) => (await ask(origin)).headers.get('access-control-allow-origin');
    expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173');
    expect(await allowed('https://evil.example')).toBeNull();
    expect(await allowed('null')).toBeNull();
    const preflight = await ask('http://localhost:9', 'OPTIONS');
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'http://localhost:9',
    ]);
  });
});
