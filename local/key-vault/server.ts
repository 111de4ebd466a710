import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOME_TENANT_ID, ISSUER } from '../identity/directory.ts';
import { openCertificate } from '../tls/certificate.ts';
import { answerRequest, type VaultAnswer, type VaultParts } from './answer-request.ts';
import { createAuthorize } from './authorize.ts';
import { createSeal, makeKey, openKey } from './seal.ts';
import { openSecretStore } from './secret-store.ts';
import { createThrottle, type ThrottleLimit } from './throttle.ts';
import { createVault, type VaultSettings } from './vault.ts';
import { errorBody, VaultError } from './vault-error.ts';

export interface KeyVaultOptions {
  /** On 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** The twin's data directory: everything is kept in `key-vault/` below it. Without it secrets end with the vault. */
  readonly dataDir?: string;
  /** Where the issuer's keys are. Without it signatures are not checked. */
  readonly jwksUri?: string;
  /** Whose tokens count; the identity room's unless given. */
  readonly issuer?: string;
  /** Whom tokens must be for; `https://vault.azure.net` unless given. */
  readonly audience?: string;
  /** 7 to 90; 90 unless given. */
  readonly recoverableDays?: number;
  readonly purgeProtection?: boolean;
  /** No limit unless given. */
  readonly throttle?: ThrottleLimit;
  /** Milliseconds since 1970; the real clock unless given. */
  readonly now?: () => number;
}

export interface KeyVault {
  /** https: the SDK signs in over nothing else. */
  readonly url: string;
  /** The server's certificate, in PEM. */
  readonly certificate: string;
  /** Where it lies, for `NODE_EXTRA_CA_CERTS` of processes that use the vault. */
  readonly certificatePath: string;
  close(): Promise<void>;
}

const LONGEST_BODY_BYTES = 256 * 1024;

/** Starts the vault on 127.0.0.1. Throws if the port is taken, an option is out of range or kept data cannot be read. */
export const startKeyVault = async (options: KeyVaultOptions = {}): Promise<KeyVault> => {
  const settings: VaultSettings = {
    recoverableDays: options.recoverableDays ?? 90,
    hasPurgeProtection: options.purgeProtection ?? false,
  };
  if (
    !(Number.isInteger(settings.recoverableDays) && settings.recoverableDays >= 7 && settings.recoverableDays <= 90)
  ) {
    throw new RangeError('recoverableDays must be from 7 to 90');
  }
  const now = options.now ?? Date.now;
  const isKept = options.dataDir !== undefined;
  const folder = isKept ? join(options.dataDir, 'key-vault') : mkdtempSync(join(tmpdir(), 'key-vault-'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = openSecretStore(isKept ? join(folder, 'secrets.sqlite') : undefined);
  const discard = (): void => {
    store.close();
    if (!isKept) {
      rmSync(folder, { recursive: true });
    }
  };
  try {
    const seal = createSeal(isKept ? openKey(folder, !store.isEmpty) : makeKey());
    const { certificate, privateKey, certificatePath } = openCertificate(folder, now());
    const parts: ServerParts = {
      now,
      store,
      settings,
      vault: createVault(store, seal, settings, now),
      throttle: createThrottle(options.throttle, now),
      authorize: createAuthorize({
        issuer: options.issuer ?? ISSUER,
        audience: options.audience ?? 'https://vault.azure.net',
        jwksUri: options.jwksUri,
        tenantId: HOME_TENANT_ID,
        now,
      }),
    };
    const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
      void handle(parts, request, response);
    });
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      certificate,
      certificatePath,
      close: async () => {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
        discard();
      },
    };
  } catch (error) {
    discard();
    throw error;
  }
};

interface ServerParts extends VaultParts {
  readonly now: () => number;
  readonly throttle: () => void;
  readonly authorize: (header: string | undefined) => Promise<void>;
}

const handle = async (parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const requestId = request.headers['x-ms-client-request-id'];
  response.setHeader('x-ms-request-id', randomUUID());
  response.setHeader('x-ms-keyvault-region', 'local');
  response.setHeader('cache-control', 'no-cache');
  if (typeof requestId === 'string') {
    response.setHeader('x-ms-client-request-id', requestId);
  }
  try {
    await parts.authorize(request.headers.authorization);
    parts.throttle();
    const url = readUrl(request);
    const body = await readBody(request);
    parts.store.purgeDue(Math.floor(parts.now() / 1000));
    send(response, answerRequest(parts, { method: request.method ?? 'GET', url, body }));
  } catch (error) {
    sendError(response, error);
  }
};

const send = (response: ServerResponse, { status, json }: VaultAnswer): void => {
  if (json === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(json));
};

const sendError = (response: ServerResponse, error: unknown): void => {
  if (response.destroyed) {
    return;
  }
  const shown =
    error instanceof VaultError ? error : new VaultError(500, 'InternalServerError', 'The vault has failed.');
  if (shown !== error) {
    process.stderr.write(`key-vault: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
  response
    .writeHead(shown.status, { 'content-type': 'application/json; charset=utf-8', ...shown.headers })
    .end(errorBody(shown));
};

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY_BYTES) {
      throw new VaultError(413, 'RequestEntityTooLarge', `The request is longer than ${LONGEST_BODY_BYTES} bytes.`, {
        headers: { connection: 'close' },
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Ids and next links are on the origin that the client used; only names of this machine are believed. */
const readUrl = (request: IncomingMessage): URL => {
  const host = request.headers.host ?? '';
  const origin = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/.test(host)
    ? `https://${host}`
    : `https://127.0.0.1:${request.socket.localPort ?? 0}`;
  const target = request.url ?? '/';
  if (!target.startsWith('/') || !URL.canParse(origin + target) || !isDecodable(target)) {
    throw new VaultError(400, 'BadParameter', 'The request URI is not valid.');
  }
  return new URL(origin + target);
};

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};
