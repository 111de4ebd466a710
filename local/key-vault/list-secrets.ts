import { checkName } from './secret-body.ts';
import type { SecretStore } from './secret-store.ts';
import { badParameter } from './vault-error.ts';
import type { SecretWriter } from './write-secret.ts';

export interface SecretPage {
  readonly value: readonly Record<string, unknown>[];
  readonly nextLink: string | null;
}

const MAXIMUM_PAGE = 25;

/** Live or deleted secrets, a page at a time, in order of name. */
export const listSecrets = (store: SecretStore, writer: SecretWriter, url: URL, isDeleted: boolean): SecretPage => {
  const limit = readLimit(url);
  const found = store.list(isDeleted, readSkipToken(url) ?? '', limit + 1);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    value: page.map((secret) => (isDeleted ? writer.deletedItem(secret) : writer.item(secret.latest, false))),
    nextLink: found.length > limit && last !== undefined ? nextLink(url, last.name) : null,
  };
};

/** The versions of a live secret, oldest first; none for a secret that is not there, as in Azure. */
export const listVersions = (store: SecretStore, writer: SecretWriter, url: URL, name: string): SecretPage => {
  const limit = readLimit(url);
  const secret = store.find(checkName(name));
  if (secret === undefined || secret.deletion !== null) {
    return { value: [], nextLink: null };
  }
  const afterPosition = Number(readSkipToken(url) ?? '0');
  if (!Number.isSafeInteger(afterPosition)) {
    throw badParameter('The $skiptoken is not one of this vault.');
  }
  const found = store.listVersions(name, afterPosition, limit + 1);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    value: page.map(({ version }) => writer.item({ ...version, name: secret.name }, true)),
    nextLink: found.length > limit && last !== undefined ? nextLink(url, `${last.position}`) : null,
  };
};

const readLimit = (url: URL): number => {
  const text = url.searchParams.get('maxresults');
  const limit = text === null ? MAXIMUM_PAGE : Number(text);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_PAGE)) {
    throw badParameter(`Invalid maxresults: it must be from 1 to ${MAXIMUM_PAGE}.`);
  }
  return limit;
};

const readSkipToken = (url: URL): string | undefined => {
  const token = url.searchParams.get('$skiptoken');
  return token === null ? undefined : Buffer.from(token, 'base64url').toString('utf8');
};

const nextLink = (url: URL, position: string): string => {
  const next = new URL(url);
  next.searchParams.set('$skiptoken', Buffer.from(position, 'utf8').toString('base64url'));
  return next.href;
};
