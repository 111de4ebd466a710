import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { issueUserToken, type UserTokenRequest } from './access-token.ts';
import { answerRequest, type IdentityParts } from './answer-request.ts';
import { API_AUDIENCE, HOME_TENANT_ID, ISSUER } from './directory.ts';
import type { HttpAnswer } from './http-answer.ts';
import { openDefaultClient, type RegisteredClient } from './registered-client.ts';
import { createAuthorizationCodes } from './sign-in/authorization-codes.ts';
import { createFormGuard } from './sign-in/form-guard.ts';
import { checkPublicClients, openPublicClients, type PublicClient } from './sign-in/public-client.ts';
import { openRefreshTokens } from './sign-in/refresh-tokens.ts';
import { createSessions } from './sign-in/sessions.ts';
import { openSigningKeys } from './signing-keys.ts';

export interface IdentityOptions {
  /** On 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** The twin's data directory: keys and client are kept in `identity/` below it. Without it they end with the server. */
  readonly dataDir?: string;
  /** What the managed-identity endpoint demands in `X-IDENTITY-HEADER`; made up unless given. */
  readonly identityHeader?: string;
  /** One client, an administrator of the tenant `demo`, unless given. */
  readonly clients?: readonly RegisteredClient[];
  /** Applications to which people sign in; those in `identity/public-clients.json`, or the dashboard, unless given. */
  readonly publicClients?: readonly PublicClient[];
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
  readonly publicClients: readonly PublicClient[];
  issueToken(request: UserTokenRequest): Promise<string>;
  /** Makes a new key current; tokens signed before stay valid. */
  rotateKeys(): Promise<string>;
  close(): Promise<void>;
}

/** Starts the issuer on 127.0.0.1. Throws if the port is taken, or if kept keys or registered clients cannot be read. */
export const startIdentity = async (options: IdentityOptions = {}): Promise<Identity> => {
  const now = options.now ?? Date.now;
  const keys = await openSigningKeys(options.dataDir, now);
  const clients = options.clients ?? [await openDefaultClient(options.dataDir)];
  const identityHeader = options.identityHeader ?? randomUUID();
  const publicClients =
    options.publicClients === undefined
      ? await openPublicClients(options.dataDir)
      : checkPublicClients(options.publicClients);
  const parts: IdentityParts = {
    keys,
    clients,
    publicClients,
    codes: createAuthorizationCodes(),
    refreshTokens: openRefreshTokens(options.dataDir),
    sessions: createSessions(),
    guard: createFormGuard(),
    identityHeader,
    now,
  };
  const server = createServer((request, response) => void handle(parts, request, response));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    parts.refreshTokens.close();
    throw error;
  });
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
    publicClients,
    issueToken: async (request) => (await issueUserToken(keys, request, now())).token,
    rotateKeys: keys.rotate,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      parts.refreshTokens.close();
    },
  };
};

const handle = async (parts: IdentityParts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  let answer: HttpAnswer;
  try {
    answer = await answerRequest(parts, request);
  } catch (error) {
    process.stderr.write(`identity: ${error instanceof Error ? error.stack : String(error)}\n`);
    answer = { status: 500, body: { error: 'server_error' } };
  }
  const { status, headers, body } = answer;
  const isPage = typeof body === 'string';
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': `${isPage ? 'text/html' : 'application/json'}; charset=utf-8` }),
    ...(headers as OutgoingHttpHeaders | undefined),
  });
  response.end(isPage ? body : body === undefined ? '' : JSON.stringify(body));
};
