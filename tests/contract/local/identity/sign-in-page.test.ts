import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identity, startIdentity } from '../../../../local/identity/server.ts';
import { authorizeUrl, createVerifier, openBrowser } from './browser.ts';

let identity: Identity;
let aheadMs = 0;

beforeEach(async () => {
  aheadMs = 0;
  identity = await startIdentity({ now: () => Date.now() + aheadMs });
});
afterEach(() => identity.close());

const pageUrl = (changes: Readonly<Record<string, string>> = {}, tenant?: string): string =>
  authorizeUrl(identity, createVerifier().challenge, changes, tenant);

describe('the sign-in page', () => {
  it('labels what it asks for, runs no script and lets no other site frame it', async () => {
    const { html, headers, status } = await openBrowser().visit(pageUrl());
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('<html lang="en">');
    for (const field of ['tenant', 'user']) {
      expect(html).toContain(`<label for="${field}">`);
      expect(html).toContain(`id="${field}"`);
    }
    expect(html.match(/<legend>Role<\/legend>/g)).toHaveLength(1);
    expect(html.match(/<label><input type="radio" name="role"/g)).toHaveLength(3);
    expect(html).not.toMatch(/<script|\son[a-z]+=|javascript:/i);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' http://localhost:5173");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('shows what came from the address as text', async () => {
    const { html } = await openBrowser().visit(pageUrl({ login_hint: '"><script>alert(1)</script>' }));
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(html).not.toContain('<script');
    const refused = await openBrowser().visit(pageUrl({ client_id: '<img src=x>' }));
    expect(refused.html).toContain('&lt;img src=x&gt;');
  });

  it('keeps to the tenant of its path', async () => {
    const browser = openBrowser();
    const page = await browser.visit(pageUrl({}, 'northwind'));
    expect(page.html).toMatch(/name="tenant" value="northwind"[^>]* readonly/);
    const { location } = await browser.submit(page, { tenant: 'demo' });
    expect(location?.searchParams.has('code')).toBe(true);
    expect((await browser.visit(pageUrl())).location?.searchParams.has('code')).toBe(true);
    expect((await browser.visit(pageUrl({}, 'demo'))).status).toBe(200);
  });

  it.each([
    ['tenant', { tenant: 'Not A Tenant' }],
    ['user', { user: '<b>' }],
    ['user', { user: ' ' }],
    ['role', { role: 'owner' }],
  ])('says what is wrong with the %s, beside it, and keeps the rest', async (field, fields) => {
    const browser = openBrowser();
    const answer = await browser.submit(await browser.visit(pageUrl()), { user: 'grace', tenant: 'acme', ...fields });
    expect(answer.status).toBe(400);
    expect(answer.html).toContain(`aria-invalid="true" aria-describedby="${field}-problem"`);
    expect(answer.html).toContain(`id="${field}-problem" role="alert"`);
    expect(answer.html).toContain(field === 'tenant' ? 'value="grace"' : 'value="acme"');
    const { location } = await browser.submit(
      { ...answer, url: answer.url },
      { user: 'g', tenant: 'a', role: 'viewer' },
    );
    expect(location?.searchParams.has('code')).toBe(true);
  });

  it('lets people go back without signing in', async () => {
    const browser = openBrowser();
    const { location } = await browser.submit(await browser.visit(pageUrl()), { decision: 'cancel' });
    expect(location?.searchParams.get('error')).toBe('access_denied');
    expect(location?.searchParams.get('state')).toBe('state & more');
  });
});

describe('the form', () => {
  it('counts only from the browser that was shown it, for the request that it was shown for', async () => {
    const [person, attacker] = [openBrowser(), openBrowser()];
    const theirs = await attacker.visit(pageUrl());
    const mine = await person.visit(pageUrl());
    const token = /name="form_token" value="([^"]+)"/.exec(theirs.html)?.[1] ?? '';
    for (const attempt of [
      await openBrowser().submit(mine),
      await person.submit(mine, { form_token: token }),
      await person.submit(mine, { form_token: '' }),
      await person.submit({ ...mine, url: pageUrl({ state: 'other' }) }),
    ]) {
      expect([attempt.status, attempt.location]).toEqual([403, undefined]);
      expect(attempt.html).toContain('Please try again');
    }
    expect((await person.submit(mine)).location?.searchParams.has('code')).toBe(true);
  });

  it('works in two tabs at once', async () => {
    const browser = openBrowser();
    const [one, other] = [await browser.visit(pageUrl()), await browser.visit(pageUrl())];
    expect((await browser.submit(one)).status).toBe(302);
    expect((await browser.submit(other)).status).toBe(302);
  });

  it('is not answered under a name that is not of this machine', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(pageUrl(), { headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once('error', reject).end();
    });
    expect(status).toBe(400);
  });
});

describe('a session', () => {
  it('spares the next application the page, for a day, unless it insists', async () => {
    const browser = openBrowser();
    await browser.signIn(pageUrl(), { user: 'grace' });
    for (const prompt of [{}, { prompt: 'none' }]) {
      expect((await browser.visit(pageUrl(prompt))).location?.searchParams.has('code')).toBe(true);
    }
    for (const prompt of ['login', 'select_account']) {
      const page = await browser.visit(pageUrl({ prompt }));
      expect([page.status, page.html.includes('value="grace"')]).toEqual([200, true]);
    }
    expect((await openBrowser().visit(pageUrl())).status).toBe(200);
    aheadMs = 24 * 3_600_000 + 1;
    expect((await browser.visit(pageUrl({ prompt: 'none' }))).location?.searchParams.get('error')).toBe(
      'login_required',
    );
  });

  it('is kept from scripts and from forms of other sites', async () => {
    const browser = openBrowser();
    const { headers } = await browser.submit(await browser.visit(pageUrl()));
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(/^sign-in-session-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(cookie).toContain(`-${new URL(identity.url).port}=`);
  });

  it('ends with the logout, which goes on only to an address that is registered', async () => {
    const browser = openBrowser();
    const logout = `${identity.url}/common/oauth2/v2.0/logout`;
    await browser.signIn(pageUrl());
    const away = new URLSearchParams({ post_logout_redirect_uri: 'http://localhost:5173/', state: 's' });
    const { location } = await browser.visit(`${logout}?${away}`);
    expect(location?.href).toBe('http://localhost:5173/?state=s');
    expect((await browser.visit(pageUrl())).status).toBe(200);
    await browser.signIn(pageUrl());
    const elsewhere = await browser.visit(`${logout}?post_logout_redirect_uri=https://evil.example/`);
    expect([elsewhere.status, elsewhere.location]).toEqual([200, undefined]);
    expect((await browser.visit(pageUrl())).status).toBe(200);
  });
});
