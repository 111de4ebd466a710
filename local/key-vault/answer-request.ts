import { listSecrets, listVersions } from './list-secrets.ts';
import { parseSetBody, parseUpdateBody } from './secret-body.ts';
import type { SecretStore } from './secret-store.ts';
import type { Vault, VaultSettings } from './vault.ts';
import { badParameter, VaultError } from './vault-error.ts';
import { createSecretWriter } from './write-secret.ts';

export interface VaultParts {
  readonly store: SecretStore;
  readonly vault: Vault;
  readonly settings: VaultSettings;
}

export interface VaultRequest {
  readonly method: string;
  /** With the origin by which the client reached the vault. */
  readonly url: URL;
  readonly body: Buffer;
}

/** A status and, unless it is 204, JSON. */
export interface VaultAnswer {
  readonly status: number;
  readonly json?: unknown;
}

/** Answers an authorised request; throws VaultError. */
export const answerRequest = (parts: VaultParts, request: VaultRequest): VaultAnswer => {
  const { url } = request;
  checkApiVersion(url);
  const [, collection = '', name = '', third] = url.pathname.split('/').map(decodeURIComponent);
  const depth = url.pathname.split('/').length - 1;
  if (collection === 'secrets' && depth <= 3) {
    return answerSecrets(parts, request, name, third);
  }
  if (collection === 'deletedsecrets' && depth <= 3) {
    return answerDeleted(parts, request, name, third);
  }
  throw notSupported(request);
};

const answerSecrets = (
  { store, vault, settings }: VaultParts,
  request: VaultRequest,
  name: string,
  third: string | undefined,
): VaultAnswer => {
  const { method, url, body } = request;
  const writer = createSecretWriter(url.origin, settings);
  const route = `${method} ${name === '' ? 'all' : third === undefined || third === '' ? 'one' : 'part'}`;
  switch (route) {
    case 'GET all':
      return { status: 200, json: listSecrets(store, writer, url, false) };
    case 'PUT one': {
      const { version, value } = vault.set(name, parseSetBody(body));
      return { status: 200, json: writer.bundle(version, value) };
    }
    case 'GET one': {
      const { version, value } = vault.get(name, undefined);
      return { status: 200, json: writer.bundle(version, value) };
    }
    case 'DELETE one':
      return { status: 200, json: writer.deletedBundle(vault.delete(name)) };
    case 'GET part': {
      if (third === 'versions') {
        return { status: 200, json: listVersions(store, writer, url, name) };
      }
      const { version, value } = vault.get(name, third);
      return { status: 200, json: writer.bundle(version, value) };
    }
    case 'PATCH part':
      return { status: 200, json: writer.bundle(vault.update(name, third ?? '', parseUpdateBody(body))) };
    default:
      throw notSupported(request);
  }
};

const answerDeleted = (
  { store, vault, settings }: VaultParts,
  request: VaultRequest,
  name: string,
  third: string | undefined,
): VaultAnswer => {
  const { method, url } = request;
  const writer = createSecretWriter(url.origin, settings);
  const route = `${method} ${name === '' ? 'all' : (third ?? 'one')}`;
  switch (route) {
    case 'GET all':
      return { status: 200, json: listSecrets(store, writer, url, true) };
    case 'GET one':
      return { status: 200, json: writer.deletedBundle(vault.getDeleted(name)) };
    case 'POST recover':
      return { status: 200, json: writer.bundle(vault.recover(name).latest) };
    case 'DELETE one':
      vault.purge(name);
      return { status: 204 };
    default:
      throw notSupported(request);
  }
};

const checkApiVersion = (url: URL): void => {
  const version = url.searchParams.get('api-version');
  if (version === null) {
    throw badParameter('api-version must be specified.');
  }
  if (!/^(7\.\d|20\d\d-\d\d-\d\d)(-preview(\.\d)?)?$/.test(version)) {
    throw badParameter(`The api-version "${version}" is not supported.`);
  }
};

const notSupported = ({ method, url }: VaultRequest): VaultError =>
  new VaultError(405, 'MethodNotAllowed', `This vault does not support ${method} ${url.pathname}.`);
