import type { z } from 'zod';
import type { apiKey } from '../contracts/api-keys.ts';
import type { ApiKeyDocument } from './documents/access.ts';

/** A stored API key as the API shows it: never the key. */
export function describeApiKey(document: ApiKeyDocument): z.infer<typeof apiKey> {
  return {
    id: document.id,
    name: document.name,
    role: document.role,
    createdAt: document.createdAt,
    expiresAt: document.expiresAt,
    lastUsedAt: document.lastUsedAt,
  };
}
