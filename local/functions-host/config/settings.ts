import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from './errors.ts';
import { parseJsonWithComments } from './json.ts';

/** App settings: environment variables by name. Names are compared as the environment does. */
export type Settings = Readonly<Record<string, string | undefined>>;

/**
 * Reads `Values` of local.settings.json, as Core Tools does; nothing when there is no such file.
 * @param warn is told what else the file holds that this host ignores
 * @throws ConfigurationError when the file is encrypted or holds anything but texts, numbers and booleans
 */
export const readLocalSettings = async (
  appRoot: string,
  warn: (message: string) => void,
): Promise<Readonly<Record<string, string>>> => {
  const file = join(appRoot, 'local.settings.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw new ConfigurationError(`${file} cannot be read`, { cause: error });
  });
  if (text === undefined) {
    return {};
  }
  const content = parseJsonWithComments(text, file);
  if (content['IsEncrypted'] === true) {
    throw new ConfigurationError(`${file} is encrypted, which this host does not support: run "func settings decrypt"`);
  }
  for (const name of Object.keys(content).filter((key) => key !== 'IsEncrypted' && key !== 'Values')) {
    warn(`${file}: "${name}" is ignored by this host`);
  }
  const values = content['Values'] ?? {};
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw new ConfigurationError(`"Values" of ${file} is not an object`);
  }
  return Object.fromEntries(
    Object.entries(values as Record<string, unknown>).map(([name, value]) => {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        throw new ConfigurationError(`The setting "${name}" in ${file} is not a text`);
      }
      return [name, String(value)];
    }),
  );
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
