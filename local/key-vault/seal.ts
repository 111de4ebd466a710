import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Encrypts values for the disk with AES-256-GCM; a value opens only at the place that it was sealed for. */
export interface Seal {
  /** Nonce (12 bytes), tag (16 bytes), ciphertext. */
  close(place: string, value: string): Buffer;
  /** Throws if the bytes were changed, moved from another place or sealed with another key. */
  open(place: string, sealed: Uint8Array): string;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export const createSeal = (key: Buffer): Seal => ({
  close: (place, value) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place, 'utf8'));
    const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
  },
  open: (place, sealed) => {
    const bytes = Buffer.from(sealed);
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(place, 'utf8'))
      .setAuthTag(tag);
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  },
});

/** The key that ends with the process, for a vault in memory. */
export const makeKey = (): Buffer => randomBytes(KEY_BYTES);

/**
 * Reads `value.key` in the vault's folder. Makes one only where there is nothing yet that it would have to open: with
 * secrets there, a missing key is an error, not a reason for a new one.
 */
export const openKey = (folder: string, hasSecrets: boolean): Buffer => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'value.key');
  if (!existsSync(path)) {
    if (hasSecrets) {
      throw new Error(`${path} is missing: without it the secrets in the vault cannot be read`);
    }
    writeFileSync(path, makeKey().toString('base64'), { mode: 0o600, flag: 'wx' });
  }
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64');
  if (key.length !== KEY_BYTES) {
    throw new Error(`${path} does not hold a key of ${KEY_BYTES} bytes`);
  }
  return key;
};
