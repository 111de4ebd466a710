import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Marks a connection whose credential the provider rejected, so that people see it where they connect. */
export async function reportFailingConnection(
  deps: Pick<Deps, 'integrations' | 'now'>,
  scope: Scope,
  integrationId: string,
  problem: string,
): Promise<void> {
  for (;;) {
    const stored = await deps.integrations.get(scope, { id: integrationId });
    const connection = stored?.document.connection;
    if (stored === undefined || connection === undefined) return;
    const document = {
      ...stored.document,
      connection: { ...connection, state: 'failing' as const, problem, checkedAt: deps.now().toISOString() },
    };
    const result = await deps.integrations.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (result.ok) return;
  }
}
