import { ConfigurationError } from '../config/errors.ts';
import type { Settings } from '../config/settings.ts';

/** Where an account is and how to be let in: by its key, or as the identity of the app. */
export type CosmosConnection =
  | { readonly kind: 'key'; readonly endpoint: string; readonly key: string }
  | {
      readonly kind: 'identity';
      readonly endpoint: string;
      /** Of a user-assigned managed identity; absent for the identity of the machine or its user. */
      readonly clientId: string | undefined;
    };

const DEFAULT_CONNECTION = 'CosmosDB';

/**
 * The account that a binding's `connection` names: the setting of that name holds a connection string, or
 * `<name>__accountEndpoint` its address alone, for an identity. Each may have `AzureWebJobs` in front.
 * @throws ConfigurationError naming the setting when there is none or it is wrong
 */
export const cosmosConnection = (name: string | undefined, settings: Settings): CosmosConnection => {
  const setting = name ?? DEFAULT_CONNECTION;
  const read = (suffix: string): string | undefined =>
    (settings[setting + suffix] ?? settings[`AzureWebJobs${setting}${suffix}`]) || undefined;
  const endpoint = read('__accountEndpoint');
  if (endpoint !== undefined) {
    if (new URL(checkEndpoint(endpoint, `${setting}__accountEndpoint`)).protocol !== 'https:') {
      throw new ConfigurationError(
        `"${setting}__accountEndpoint" is "${endpoint}": an identity is only used over https; set "${setting}" to a connection string`,
      );
    }
    return { kind: 'identity', endpoint, clientId: read('__clientId') };
  }
  const text = read('');
  if (text === undefined) {
    throw new ConfigurationError(`The Cosmos DB connection "${setting}" is not set`);
  }
  return parseConnectionString(text, setting);
};

const parseConnectionString = (text: string, setting: string): CosmosConnection => {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) {
      parts.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
    }
  }
  const endpoint = parts.get('accountendpoint');
  const key = parts.get('accountkey');
  if (endpoint === undefined || key === undefined || key === '') {
    throw new ConfigurationError(`"${setting}" is not a connection string "AccountEndpoint=…;AccountKey=…"`);
  }
  return { kind: 'key', endpoint: checkEndpoint(endpoint, setting), key };
};

const checkEndpoint = (endpoint: string, setting: string): string => {
  if (!URL.canParse(endpoint)) {
    throw new ConfigurationError(`The endpoint "${endpoint}" of "${setting}" is not a URL`);
  }
  return endpoint;
};
