import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { issueUserToken, type UserTokenRequest } from './access-token.ts';
import { answerTokenRequest } from './client-credentials.ts';
import { API_AUDIENCE, HOME_TENANT_ID, ISSUER } from './directory.ts';
import type { HttpAnswer } from './http-answer.ts';
import { answerManagedIdentityRequest } from './managed-identity.ts';
import { openDefaultClient, type RegisteredClient } from './registered-client.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';

export interface IdentityOptions {
  /** On 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** The twin's data directory: keys and client are kept in `identity/` below it. Without it they end with the server. */
  readonly dataDir?: string;
  /** What the managed-identity endpoint demands in `X-IDENTITY-HEADER`; made up unless given. */
  readonly identityHeader?: string;
  /** One client, an administrator of the tenant `demo`, unless given. */
  readonly clients?: readonly RegisteredClient[];
  /** Milliseconds since 1970; the real clock unless given. */
  readonly now?: () => number;
}

export interface Identity {
  readonly url: string;
  /** The same for every port and every run. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** The Entra tenant of the managed identity. */
  readonly homeTenantId: string;
  /** Environment variables with which `@azure/identity` finds the managed identity and looks nowhere else. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clients: readonly RegisteredClient[];
  issueToken(request: UserTokenRequest): Promise<string>;
  /** Makes a new key current; tokens signed before stay valid. */
  rotateKeys(): Promise<string>;
  close(): Promise<void>;
}

/** Starts the issuer on 127.0.0.1. Throws if the port is taken or the kept keys cannot be read. */
export const startIdentity = async (options: IdentityOptions = {}): Promise<Identity> => {
  const now = options.now ?? Date.now;
  const keys = await openSigningKeys(options.dataDir, now);
  const clients = options.clients ?? [await openDefaultClient(options.dataDir)];
  const identityHeader = options.identityHeader ?? randomUUID();
  const parts: Parts = { keys, clients, identityHeader, now };
  const server = createServer((request, response) => void handle(parts, request, response));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    issuer: ISSUER,
    audience: API_AUDIENCE,
    jwksUri: `${url}/discovery/v2.0/keys`,
    homeTenantId: HOME_TENANT_ID,
    environment: {
      IDENTITY_ENDPOINT: `${url}/msi/token`,
      IDENTITY_HEADER: identityHeader,
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      // Should a client fall back to the metadata service, it finds nobody, at once and on this machine.
      AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9',
    },
    clients,
    issueToken: async (request) => (await issueUserToken(keys, request, now())).token,
    rotateKeys: keys.rotate,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

interface Parts {
  readonly keys: SigningKeys;
  readonly clients: readonly RegisteredClient[];
  readonly identityHeader: string;
  readonly now: () => number;
}

const handle = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let answer: HttpAnswer;
  try {
    answer = await route(parts, request);
  } catch (error) {
    process.stderr.write(`identity: ${error instanceof Error ? error.stack : String(error)}\n`);
    answer = { status: 500, body: { error: 'server_error' } };
  }
  const body = JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
  response.end(body);
};

const KEYS_PATH = /^(?:\/[^/]+)?\/discovery\/v2\.0\/keys$/;
const TOKEN_PATH = /^(?:\/([^/]+))?\/oauth2\/v2\.0\/token$/;
const CONFIGURATION_PATH = /^(?:\/([^/]+))?(?:\/v2\.0)?\/\.well-known\/openid-configuration$/;

const route = async (parts: Parts, request: IncomingMessage): Promise<HttpAnswer> => {
  const base = `http://127.0.0.1:${request.socket.localPort}`;
  const target = request.url ?? '/';
  const url = target.startsWith('/') && URL.canParse(base + target) ? new URL(base + target) : undefined;
  const path = url?.pathname ?? '';
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  if (isGet && url?.pathname === '/msi/token') {
    return answerManagedIdentityRequest(parts.keys, parts.identityHeader, url.searchParams, request, parts.now());
  }
  if (isGet && KEYS_PATH.test(path)) {
    const keys = await parts.keys.published();
    return { status: 200, body: { keys: keys.map((key) => ({ ...key, issuer: ISSUER })) } };
  }
  const configuration = CONFIGURATION_PATH.exec(path);
  if (isGet && configuration !== null) {
    return { status: 200, body: describe(base, configuration[1]) };
  }
  const token = TOKEN_PATH.exec(path);
  if (request.method === 'POST' && token !== null) {
    return answerTokenRequest(parts.keys, parts.clients, token[1], request, parts.now());
  }
  return { status: 404, body: { error: 'not_found', error_description: `there is no ${request.method} ${path}` } };
};

/** OpenID Connect discovery: what this issuer can do and where. */
const describe = (base: string, tenant = 'common') => ({
  issuer: ISSUER,
  token_endpoint: `${base}/${tenant}/oauth2/v2.0/token`,
  jwks_uri: `${base}/discovery/v2.0/keys`,
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
  grant_types_supported: ['client_credentials'],
  response_types_supported: [],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  claims_supported: 'aud azp exp iat iss name nbf oid preferred_username roles scp sub tid uti ver'.split(' '),
});
