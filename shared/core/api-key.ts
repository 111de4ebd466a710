import { createHash, timingSafeEqual } from 'node:crypto';
import { idPrefixes } from '../contracts/identifiers.ts';

/** The parts of a key as callers send it: `castiel_<tenant>_<id without prefix>_<secret>`. */
export interface ApiKeyParts {
  readonly tenantId: string;
  readonly id: string;
  readonly secret: string;
}

const pattern = /^castiel_([a-z0-9][a-z0-9-]{0,62})_([0-9a-hjkmnp-tv-z]{26})_([0-9A-Za-z]{32,128})$/;

export function formatApiKey({ tenantId, id, secret }: ApiKeyParts): string {
  return `castiel_${tenantId}_${id.slice(idPrefixes.apiKey.length + 1)}_${secret}`;
}

/** `undefined` for what cannot be a key. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, tenantId, id, secret] = pattern.exec(text) ?? [];
  if (tenantId === undefined || id === undefined || secret === undefined) return undefined;
  return { tenantId, id: `${idPrefixes.apiKey}_${id}`, secret };
}

/** SHA-256 in hex. A plain hash is enough: the secret has more than 190 random bits. */
export function hashApiKeySecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time. */
export function isApiKeySecret(secret: string, secretHash: string): boolean {
  const given = Buffer.from(hashApiKeySecret(secret), 'hex');
  const stored = Buffer.from(secretHash, 'hex');
  return given.length === stored.length && timingSafeEqual(given, stored);
}
