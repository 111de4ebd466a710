import { isSameConnection } from '../core/credential.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/**
 * Pauses a connection whose credential the provider rejected: it shows as failing, and no run starts until it is tested well or connected anew.
 *
 * @param used the connection that was rejected: another credential, stored meanwhile, is not judged by it
 */
export async function reportFailingConnection(
  deps: Pick<Deps, 'integrations' | 'now'>,
  scope: Scope,
  integrationId: string,
  used: IntegrationDocument['connection'],
  problem: string,
): Promise<void> {
  for (;;) {
    const stored = await deps.integrations.get(scope, { id: integrationId });
    const connection = stored?.document.connection;
    if (stored === undefined || connection === undefined || !isSameConnection(connection, used)) return;
    const document = {
      ...stored.document,
      connection: { ...connection, state: 'failing' as const, problem, checkedAt: deps.now().toISOString() },
    };
    const result = await deps.integrations.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (result.ok) return;
  }
}
