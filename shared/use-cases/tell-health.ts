import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { IntegrationHealthDocument } from '../core/documents/integration-health.ts';
import { expiryNoticeAt } from '../core/judge-health.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { recordEvent } from './record-event.ts';

/**
 * Records the events that a stored health still owes: `integration.error` for a health that came to be (`data.health` says which, also when it
 * is `healthy` again), `connection.expiring` for a credential that ends soon; then notes them as told. After a crash in between the next check
 * tells them again, and finds them there.
 */
export async function tellHealth(
  deps: Pick<Deps, 'events' | 'integrationHealth' | 'now'>,
  scope: Scope,
  integration: IntegrationDocument,
  { document, etag }: Stored<IntegrationHealthDocument>,
): Promise<Stored<IntegrationHealthDocument>> {
  const { integrationId, health, since, reasons } = document;
  const expiry = expiryToTell(integration, document, deps.now());
  if (document.toldSince === since && expiry === undefined) return { document, etag };
  if (document.toldSince !== since) {
    const data = { integrationId, health, reasons: reasons.map(({ code, message }) => ({ code, message })) };
    await recordEvent(deps, scope, { type: 'integration.error', subject: integrationId, at: since, data });
  }
  if (expiry !== undefined) {
    const data = { integrationId, expiresAt: expiry.expiresAt };
    await recordEvent(deps, scope, { type: 'connection.expiring', subject: integrationId, at: expiry.at, data });
  }
  const told = { ...document, toldSince: since, ...(expiry === undefined ? {} : { toldExpiry: expiry.at }) };
  const result = await deps.integrationHealth.write(scope, { kind: 'replace', document: told, etag });
  return result.ok ? { document: told, etag: result.etag } : { document, etag };
}

function expiryToTell(
  { enabled, connection }: IntegrationDocument,
  { toldExpiry }: IntegrationHealthDocument,
  now: Date,
): { at: string; expiresAt: string } | undefined {
  const at = expiryNoticeAt(connection);
  const expiresAt = connection?.expiresAt;
  if (!enabled || at === undefined || expiresAt === undefined || at === toldExpiry) return undefined;
  const isSoon = Date.parse(at) <= now.getTime() && now.getTime() < Date.parse(expiresAt);
  return isSoon ? { at, expiresAt } : undefined;
}
