import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from './errors.ts';
import { parseJsonWithComments } from './json.ts';

/** App settings: environment variables by name. Names are compared as the environment does. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** What browsers of other origins may do, as the platform answers it before the app is asked. */
export interface CorsSettings {
  /** `https://example.com`, without a slash at the end; `*` for all. */
  readonly origins: readonly string[];
  readonly allowsCredentials: boolean;
}

export interface LocalSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly cors: CorsSettings | undefined;
}

/**
 * Reads `Values` and `Host.CORS` of local.settings.json, as Core Tools does; nothing when there is no such file.
 * @param warn is told what else the file holds that this host ignores
 * @throws ConfigurationError when the file is encrypted or holds anything but texts, numbers and booleans
 */
export const readLocalSettings = async (appRoot: string, warn: (message: string) => void): Promise<LocalSettings> => {
  const file = join(appRoot, 'local.settings.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw new ConfigurationError(`${file} cannot be read`, { cause: error });
  });
  if (text === undefined) {
    return { values: {}, cors: undefined };
  }
  const content = parseJsonWithComments(text, file);
  if (content['IsEncrypted'] === true) {
    throw new ConfigurationError(`${file} is encrypted, which this host does not support: run "func settings decrypt"`);
  }
  for (const name of Object.keys(content).filter((key) => !['IsEncrypted', 'Values', 'Host'].includes(key))) {
    warn(`${file}: "${name}" is ignored by this host`);
  }
  const { CORS, CORSCredentials, ...others } = objectIn(content, 'Host', file);
  for (const name of Object.keys(others)) {
    warn(`${file}: "Host.${name}" is ignored by this host`);
  }
  return { values: readValues(objectIn(content, 'Values', file), file), cors: readCors(CORS, CORSCredentials, file) };
};

const objectIn = (content: Record<string, unknown>, name: string, file: string): Record<string, unknown> => {
  const value = content[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ConfigurationError(`"${name}" of ${file} is not an object`);
  }
  return value as Record<string, unknown>;
};

const readValues = (values: Record<string, unknown>, file: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        throw new ConfigurationError(`The setting "${name}" in ${file} is not a text`);
      }
      return [name, String(value)];
    }),
  );

const readCors = (origins: unknown, credentials: unknown, file: string): CorsSettings | undefined => {
  if (origins === undefined) {
    return undefined;
  }
  const allowsCredentials = credentials ?? false;
  if (typeof origins !== 'string' || typeof allowsCredentials !== 'boolean') {
    throw new ConfigurationError(`"Host.CORS" of ${file} is not a text, or "Host.CORSCredentials" not true or false`);
  }
  const list = origins.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
  if (allowsCredentials && list.includes('*')) {
    throw new ConfigurationError(`"Host.CORSCredentials" of ${file} cannot be with "*" in "Host.CORS"`);
  }
  return { origins: list.filter((origin) => origin !== ''), allowsCredentials };
};

/**
 * Replaces each `%NAME%` by the app setting of that name.
 * @throws ConfigurationError naming the setting when there is none
 */
export const expandSettings = (text: string, settings: Settings): string =>
  text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) {
      throw new ConfigurationError(`"${text}" names the app setting "${name}", which is not set`);
    }
    return value;
  });

/** True for `AzureWebJobs.<function>.Disabled` (or with `__` for `.`, as on Linux) set to true or 1. */
export const isDisabled = (functionName: string, settings: Settings): boolean =>
  ['.', '__'].some((separator) => {
    const value = settings[['AzureWebJobs', functionName, 'Disabled'].join(separator)];
    return value !== undefined && ['true', '1'].includes(value.toLowerCase());
  });

/**
 * The storage connection string that a binding's `connection` names: the setting of that name, else that with
 * `AzureWebJobs` in front. Without a name it is `AzureWebJobsStorage`.
 * @throws ConfigurationError naming the setting when there is none, or when it asks for an identity
 */
export const storageConnection = (name: string | undefined, settings: Settings): string => {
  const setting = name === undefined || name === '' ? 'AzureWebJobsStorage' : name;
  const value = settings[setting] ?? settings[`AzureWebJobs${setting}`];
  if (value !== undefined && value !== '') {
    return value;
  }
  const usesIdentity = Object.keys(settings).some((key) => key.startsWith(`${setting}__`));
  throw new ConfigurationError(
    usesIdentity
      ? `The connection "${setting}" is identity-based, which this host does not support: set "${setting}" to a connection string`
      : `The storage connection string "${setting}" is not set`,
  );
};
