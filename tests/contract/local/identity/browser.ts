import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '../../../../local/identity/server.ts';

export const DASHBOARD_ID = '5c1a7e00-0000-4000-8000-000000000004';
export const REDIRECT_URI = 'http://localhost:5173/auth/callback';
export const API_SCOPE = 'openid profile offline_access api://castiel-integrations/access_as_user';

/** What an application keeps between sending a person away and getting them back. */
export interface Verifier {
  readonly verifier: string;
  readonly challenge: string;
}

export const createVerifier = (): Verifier => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};

/** A good request for a code, with changes; a field that is changed to undefined is left out. */
export const authorizeUrl = (
  identity: Identity,
  challenge: string,
  changes: Readonly<Record<string, string | undefined>> = {},
  tenant = 'common',
): string => {
  const fields: Record<string, string | undefined> = {
    client_id: DASHBOARD_ID,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: API_SCOPE,
    state: 'state & more',
    nonce: 'nonce-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return `${identity.url}/${tenant}/oauth2/v2.0/authorize?${new URLSearchParams(given)}`;
};

export interface Visit {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** Where it sends the browser. */
  readonly location: URL | undefined;
}

/** As much of a browser as signing in needs: cookies, and forms as the page offers them. Redirects are not followed. */
export interface Browser {
  visit(url: string): Promise<Visit>;
  /** Fills in the form on a page and presses a button. */
  submit(page: Visit, fields?: Readonly<Record<string, string>>): Promise<Visit>;
  /** Visits, signs in where asked to, and answers what the application gets back. */
  signIn(url: string, fields?: Readonly<Record<string, string>>): Promise<URLSearchParams>;
}

export const openBrowser = (): Browser => {
  const cookies = new Map<string, string>();
  const send = async (url: string, body?: URLSearchParams): Promise<Visit> => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return {
      url,
      status: response.status,
      headers: response.headers,
      html: await response.text(),
      location: location === null ? undefined : new URL(location),
    };
  };
  const submit: Browser['submit'] = (page, fields = {}) =>
    send(page.url, new URLSearchParams({ ...readForm(page.html), decision: 'sign-in', ...fields }));
  return {
    visit: (url) => send(url),
    submit,
    signIn: async (url, fields) => {
      const page = await send(url);
      const { location, html } = page.status === 200 ? await submit(page, fields) : page;
      if (location === undefined) {
        throw new Error(`the browser was sent nowhere: ${html}`);
      }
      return location.searchParams;
    },
  };
};

/** The values that a form sends as it stands. */
const readForm = (html: string): Record<string, string> => {
  const fields: Record<string, string> = {};
  for (const [input] of html.matchAll(/<input [^>]*>/g)) {
    const [name, value, type] = ['name', 'value', 'type'].map(
      (key) => new RegExp(` ${key}="([^"]*)"`).exec(input)?.[1],
    );
    if (name !== undefined && (type !== 'radio' || input.includes(' checked'))) {
      fields[name] = value ?? '';
    }
  }
  return fields;
};

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

export const postToken = async (
  identity: Identity,
  form: Readonly<Record<string, string>>,
  tenant = 'common',
): Promise<TokenAnswer> => {
  const response = await fetch(`${identity.url}/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: DASHBOARD_ID, ...form }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

export const redeem = (
  identity: Identity,
  code: string,
  verifier: string,
  changes: Readonly<Record<string, string>> = {},
  tenant?: string,
): Promise<TokenAnswer> =>
  postToken(
    identity,
    { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier, ...changes },
    tenant,
  );

/** Signs somebody in with a new browser and answers the tokens. */
export const signInWithCode = async (
  identity: Identity,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<TokenAnswer> => {
  const { verifier, challenge } = createVerifier();
  const outcome = await openBrowser().signIn(authorizeUrl(identity, challenge, changes));
  return redeem(identity, outcome.get('code') ?? '', verifier);
};
