import { randomInt } from 'node:crypto';
import type { createApiKey as route } from '../contracts/api-keys.ts';
import { formatApiKey, hashApiKeySecret } from '../core/api-key.ts';
import { describeApiKey } from '../core/describe-api-key.ts';
import type { ApiKeyDocument } from '../core/documents/access.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { createDocument } from './change-document.ts';
import { recordAudit } from './record-audit.ts';

const dayMs = 86_400_000;
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 43 characters of base62 are 256 bits. */
const secretLength = 43;

/** Issues an API key. Only a hash of its secret is stored: the answer is the one time that it is shown. */
export async function createApiKey(
  deps: Pick<Deps, 'apiKeys' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const id = deps.newId('apiKey');
  const secret = Array.from({ length: secretLength }, () => base62[randomInt(base62.length)]).join('');
  const document: ApiKeyDocument = {
    id,
    tenantId: scope.tenantId,
    kind: 'api-key',
    schemaVersion: 1,
    name: body.name,
    role: body.role,
    secretHash: hashApiKeySecret(secret),
    createdAt: attempt.at.toISOString(),
    expiresAt: new Date(attempt.at.getTime() + body.expiresInDays * dayMs).toISOString(),
  };
  await createDocument(deps.apiKeys, scope, document, false);
  await recordAudit(deps, scope, { action: 'api-key.created', subject: id, detail: body.role });
  return { body: { ...describeApiKey(document), key: formatApiKey({ tenantId: scope.tenantId, id, secret }) } };
}
