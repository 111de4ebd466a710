import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigurationError } from '../config/errors.ts';
import type { AuthLevel } from '../functions.ts';

const named = z.record(z.string(), z.string().min(1));

const keyFile = z.strictObject({
  masterKey: z.string().min(1),
  /** Good for every function. */
  functionKeys: named.default({}),
  systemKeys: named.default({}),
  /** By function name: good for that function. */
  functions: z.record(z.string(), named).default({}),
});

export type Keys = z.infer<typeof keyFile>;

/** Says whether a key opens a function of that level. */
export type Authorise = (level: AuthLevel, functionName: string, key: string | undefined) => boolean;

/** The system key of the Durable extension, with which its management API is called. */
export const DURABLE_KEY = 'durabletask_extension';

/** 32 random bytes, as the host makes them. */
const createKey = (): string => randomBytes(32).toString('base64url');

/** A master key and one host key, `default`. */
export const createKeys = (): Keys => ({
  masterKey: createKey(),
  functionKeys: { default: createKey() },
  systemKeys: {},
  functions: {},
});

/** The same keys with that system key, which is made when there is none. It is kept in the file. */
export const withSystemKey = async (keys: Keys, name: string, file: string | undefined): Promise<Keys> => {
  if (keys.systemKeys[name] !== undefined) {
    return keys;
  }
  const more = { ...keys, systemKeys: { ...keys.systemKeys, [name]: createKey() } };
  if (file !== undefined) {
    await writeKeys(file, more);
  }
  return more;
};

const writeKeys = async (file: string, keys: Keys): Promise<void> => {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
};

/** Says whether a key opens what belongs to an extension: its system key and the master key do. */
export const opensSystem = (keys: Keys, name: string, key: string | undefined): boolean => {
  const digest = (each: string): Buffer => hash('sha256', each, 'buffer');
  const accepted = [keys.masterKey, keys.systemKeys[name]].filter((each) => each !== undefined);
  return key !== undefined && accepted.some((each) => timingSafeEqual(digest(each), digest(key)));
};

/**
 * Reads the keys from a JSON file, which only its owner may read; writes new ones when there is no file.
 * @throws ConfigurationError when the file holds something else
 */
export const loadKeys = async (file: string): Promise<Keys> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw new ConfigurationError(`The key file ${file} cannot be read`, { cause: error });
  });
  if (text === undefined) {
    const keys = createKeys();
    await writeKeys(file, keys);
    return keys;
  }
  try {
    return keyFile.parse(JSON.parse(text));
  } catch (error) {
    throw new ConfigurationError(`The key file ${file} is not valid`, { cause: error });
  }
};

/**
 * Checks keys as Azure does: the master key opens everything, a host key and the function's own key open a function of
 * level `function`, nothing is asked at level `anonymous`.
 */
export const createAuthorise = (keys: Keys): Authorise => {
  const digest = (key: string): Buffer => hash('sha256', key, 'buffer');
  const master = [digest(keys.masterKey)];
  const host = [...master, ...Object.values(keys.functionKeys).map(digest)];
  const own = new Map(
    Object.entries(keys.functions).map(([name, functionKeys]) => [
      name.toLowerCase(),
      [...host, ...Object.values(functionKeys).map(digest)],
    ]),
  );
  return (level, functionName, key) => {
    if (level === 'anonymous') {
      return true;
    }
    if (key === undefined) {
      return false;
    }
    const given = digest(key);
    const accepted = level === 'admin' ? master : (own.get(functionName.toLowerCase()) ?? host);
    return accepted.some((candidate) => timingSafeEqual(candidate, given));
  };
};
