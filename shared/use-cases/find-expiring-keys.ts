import type { ApiKeyDocument } from '../core/documents/access.ts';
import { expiryNoticeMs } from '../core/judge-health.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

const mostKeys = 100;

/** The tenant's API keys that end within 14 days and have not ended yet. */
export async function findExpiringKeys(
  deps: Pick<Deps, 'apiKeys' | 'now'>,
  scope: Scope,
): Promise<Stored<ApiKeyDocument>[]> {
  const nowMs = deps.now().getTime();
  const keys = await deps.apiKeys.list(scope, {
    filters: [{ field: 'expiresAt', is: 'below', value: new Date(nowMs + expiryNoticeMs).toISOString() }],
    order: 'descending',
    limit: mostKeys,
  });
  return keys.filter(({ document }) => Date.parse(document.expiresAt) > nowMs);
}

/** Logs each such key once. After a crash in between it may be logged twice, never not at all. */
export async function noteExpiringKeys(deps: Pick<Deps, 'apiKeys' | 'now' | 'log'>, scope: Scope): Promise<void> {
  for (const { document, etag } of await findExpiringKeys(deps, scope)) {
    if (document.expiryNotedAt !== undefined) continue;
    const { id, expiresAt } = document;
    deps.log.warn('an API key ends soon', { tenantId: scope.tenantId, apiKeyId: id, expiresAt });
    const noted = { ...document, expiryNotedAt: deps.now().toISOString() };
    await deps.apiKeys.write(scope, { kind: 'replace', document: noted, etag });
  }
}
