import type { IncomingMessage } from 'node:http';
import { ISSUER } from './directory.ts';
import { describeIssuer } from './discovery.ts';
import type { HttpAnswer } from './http-answer.ts';
import { answerManagedIdentityRequest } from './managed-identity.ts';
import { type AuthorizeParts, answerAuthorize } from './sign-in/answer-authorize.ts';
import { answerLogout } from './sign-in/answer-logout.ts';
import { answerUserinfo } from './sign-in/answer-userinfo.ts';
import { isOriginOfClient } from './sign-in/public-client.ts';
import { answerTokenRequest, type TokenEndpointParts } from './token-endpoint.ts';

export interface IdentityParts extends AuthorizeParts, TokenEndpointParts {
  readonly identityHeader: string;
  readonly now: () => number;
}

const KEYS_PATH = /^(?:\/[^/]+)?\/discovery\/v2\.0\/keys$/;
const CONFIGURATION_PATH = /^(?:\/([^/]+))?(?:\/v2\.0)?\/\.well-known\/openid-configuration$/;
const OAUTH_PATH = /^(?:\/([^/]+))?\/oauth2\/v2\.0\/(authorize|token|logout)$/;
const USERINFO_PATH = '/oidc/userinfo';

/** Finds what a request is for and answers it. */
export const answerRequest = async (parts: IdentityParts, request: IncomingMessage): Promise<HttpAnswer> => {
  const base = `http://127.0.0.1:${request.socket.localPort}`;
  const target = request.url ?? '/';
  const url = target.startsWith('/') && URL.canParse(base + target) ? new URL(base + target) : undefined;
  const [, tenant, action] = OAUTH_PATH.exec(url?.pathname ?? '') ?? [];
  if (url === undefined) {
    return notFound(request, '');
  }
  if (action === 'authorize' || action === 'logout') {
    return answerBrowser(parts, action, tenant, url, request);
  }
  return answerProgram(parts, action, tenant, url, request);
};

/** What a person's browser is sent to. Only under this machine's own names: another site's name may be made to lead here. */
const answerBrowser = async (
  parts: IdentityParts,
  action: 'authorize' | 'logout',
  tenant: string | undefined,
  url: URL,
  request: IncomingMessage,
): Promise<HttpAnswer> => {
  if (!/^(127\.0\.0\.1|localhost)(:\d{1,5})?$/.test(request.headers.host ?? '')) {
    return { status: 400, body: { error: 'invalid_request', error_description: 'this is not a name of this machine' } };
  }
  if (action === 'logout' && request.method === 'GET') {
    return answerLogout(parts, url.searchParams, request);
  }
  if (action === 'authorize' && (request.method === 'GET' || request.method === 'POST')) {
    return answerAuthorize(parts, tenant, url, request, parts.now());
  }
  return notFound(request, url.pathname);
};

const answerProgram = async (
  parts: IdentityParts,
  action: string | undefined,
  tenant: string | undefined,
  url: URL,
  request: IncomingMessage,
): Promise<HttpAnswer> => {
  const path = url.pathname;
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  const configuration = CONFIGURATION_PATH.exec(path);
  const headers = allowOrigin(parts, request);
  if (request.method === 'OPTIONS' && (action === 'token' || path === USERINFO_PATH)) {
    return { status: 204, headers };
  }
  if (isGet && path === '/msi/token') {
    return answerManagedIdentityRequest(parts.keys, parts.identityHeader, url.searchParams, request, parts.now());
  }
  if (isGet && KEYS_PATH.test(path)) {
    const keys = await parts.keys.published();
    const body = { keys: keys.map((key) => ({ ...key, issuer: ISSUER })) };
    return { status: 200, headers: { 'access-control-allow-origin': '*' }, body };
  }
  if (isGet && configuration !== null) {
    const body = describeIssuer(`http://127.0.0.1:${request.socket.localPort}`, configuration[1]);
    return { status: 200, headers: { 'access-control-allow-origin': '*' }, body };
  }
  if (request.method === 'POST' && action === 'token') {
    const answer = await answerTokenRequest(parts, tenant, request, parts.now());
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  if (path === USERINFO_PATH && (isGet || request.method === 'POST')) {
    const answer = await answerUserinfo(parts.keys, request, parts.now());
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  return notFound(request, path);
};

/** Pages of registered applications may ask from a browser; nobody else's. */
const allowOrigin = (parts: IdentityParts, request: IncomingMessage): Readonly<Record<string, string>> => {
  const origin = request.headers.origin;
  return origin !== undefined && isOriginOfClient(parts.publicClients, origin)
    ? {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type',
        vary: 'origin',
      }
    : { vary: 'origin' };
};

const notFound = (request: IncomingMessage, path: string): HttpAnswer => ({
  status: 404,
  body: { error: 'not_found', error_description: `there is no ${request.method} ${path}` },
});
