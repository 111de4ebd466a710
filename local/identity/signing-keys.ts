import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { createPrivateFile, replacePrivateFile } from './private-file.ts';

interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

/** The RS256 keys of the issuer. The newest signs; retired ones are published until no token of theirs can be valid. */
export interface SigningKeys {
  current(): Promise<SigningKey>;
  /** Public keys as in a JWKS, the current one first. */
  published(): Promise<readonly JWK[]>;
  /** Makes a new key current; resolves with its id. */
  rotate(): Promise<string>;
}

const RETIRED_KEY_KEPT_MS = 30 * 86_400_000;

const jwkSchema = z.object({
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  d: z.string(),
  p: z.string(),
  q: z.string(),
  dp: z.string(),
  dq: z.string(),
  qi: z.string(),
});
const keysSchema = z.object({
  keys: z.array(z.object({ kid: z.string(), retiredAtMs: z.number().nullable(), privateKey: jwkSchema })).min(1),
});
type Keys = z.infer<typeof keysSchema>;

/** Where keys are kept; `create` does nothing if there are some already, from whomever. */
interface KeyFile {
  read(): Promise<Keys | undefined>;
  create(keys: Keys): Promise<void>;
  replace(keys: Keys): Promise<void>;
}

/**
 * Opens the keys in `identity/signing-keys.json` below the twin's data directory (in memory without one) and makes the
 * first if there is none. Several processes may share the directory; each sees what another has written. Throws if the
 * file is not what it should be: tokens must not silently become worthless.
 */
export const openSigningKeys = async (dataDir: string | undefined, now: () => number): Promise<SigningKeys> => {
  const file = dataDir === undefined ? keysInMemory() : keysOnDisk(join(dataDir, 'identity', 'signing-keys.json'));
  if ((await file.read()) === undefined) {
    await file.create({ keys: [await makeKey()] });
  }
  const imported = new Map<string, CryptoKey>();
  const read = async (): Promise<Keys['keys']> => {
    const keys = await file.read();
    if (keys === undefined) {
      throw new Error('the signing keys have disappeared');
    }
    return keys.keys;
  };
  return {
    current: async () => {
      const [newest] = await read();
      if (newest === undefined) {
        throw new Error('there is no signing key');
      }
      const { kid, privateKey } = newest;
      const key = imported.get(kid) ?? (await importPrivateKey(privateKey));
      imported.set(kid, key);
      return { kid, key };
    },
    published: async () =>
      (await read()).map(({ kid, privateKey: { kty, n, e } }) => ({ kty, use: 'sig', alg: 'RS256', kid, n, e })),
    rotate: async () => {
      const retired = (await read())
        .map((key) => ({ ...key, retiredAtMs: key.retiredAtMs ?? now() }))
        .filter(({ retiredAtMs }) => retiredAtMs > now() - RETIRED_KEY_KEPT_MS);
      const fresh = await makeKey();
      await file.replace({ keys: [fresh, ...retired] });
      return fresh.kid;
    },
  };
};

const makeKey = async (): Promise<Keys['keys'][number]> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 });
  return { kid: randomUUID(), retiredAtMs: null, privateKey: jwkSchema.parse(await exportJWK(privateKey)) };
};

const importPrivateKey = async (jwk: z.infer<typeof jwkSchema>): Promise<CryptoKey> => {
  const key = await importJWK(jwk, 'RS256');
  if (key instanceof Uint8Array) {
    throw new TypeError('a signing key must be an RSA key');
  }
  return key;
};

const keysInMemory = (): KeyFile => {
  let kept: Keys | undefined;
  return {
    read: async () => kept,
    create: async (keys) => {
      kept ??= keys;
    },
    replace: async (keys) => {
      kept = keys;
    },
  };
};

const keysOnDisk = (path: string): KeyFile => {
  let cached: { readonly stamp: string; readonly keys: Keys } | undefined;
  return {
    read: async () => {
      const stamp = await stampOf(path);
      if (stamp === undefined) {
        return;
      }
      if (cached?.stamp !== stamp) {
        cached = { stamp, keys: parseKeys(path, await readFile(path, 'utf8')) };
      }
      return cached.keys;
    },
    create: (keys) => createPrivateFile(path, JSON.stringify(keys)),
    replace: (keys) => replacePrivateFile(path, JSON.stringify(keys)),
  };
};

/** Tells one state of a file from another, also within one tick of the file system's clock. */
const stampOf = async (path: string): Promise<string | undefined> => {
  try {
    const { ino, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${mtimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return;
    }
    throw error;
  }
};

const parseKeys = (path: string, text: string): Keys => {
  try {
    return keysSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} does not hold signing keys; remove it to begin with a new one`, { cause });
  }
};
