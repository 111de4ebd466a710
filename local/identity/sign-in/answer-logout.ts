import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../http-answer.ts';
import { type AuthorizeParts, SESSION_COOKIE } from './answer-authorize.ts';
import { readCookie, writeCookie } from './cookies.ts';
import { pageHeaders, writeNotice } from './page.ts';
import { findRedirectUri } from './public-client.ts';

/**
 * Answers `GET /{tenant}/oauth2/v2.0/logout?post_logout_redirect_uri=...[&state=]`: ends the browser's session and goes to
 * the address if any application has registered it; otherwise a page says that it is done. As in Entra, tokens that
 * were given out stay good.
 */
export const answerLogout = (
  { sessions, publicClients }: AuthorizeParts,
  query: URLSearchParams,
  request: IncomingMessage,
): HttpAnswer => {
  sessions.end(readCookie(request, SESSION_COOKIE));
  const signedOut = { 'set-cookie': writeCookie(request, SESSION_COOKIE, undefined) };
  const wanted = query.get('post_logout_redirect_uri') ?? '';
  const address = publicClients.map((client) => findRedirectUri(client, wanted)).find((one) => one !== undefined);
  if (address === undefined) {
    const body = writeNotice('You are signed out', 'You can close this page.');
    return { status: 200, headers: { ...pageHeaders([]), ...signedOut }, body };
  }
  const state = query.get('state');
  if (state !== null) {
    address.searchParams.set('state', state);
  }
  return { status: 302, headers: { location: address.href, 'cache-control': 'no-store', ...signedOut } };
};
