import type { disconnect as route } from '../contracts/connections.ts';
import { credentialSecretName } from '../core/credential.ts';
import { describeConnection } from '../core/describe-integration.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { changeDocument } from './change-document.ts';
import { findIntegration } from './find-integration.ts';
import { recordAudit } from './record-audit.ts';
import { watchIntegration } from './watch-integration.ts';

/**
 * Erases the credential, then marks the integration as not connected. In this order, and again after each lost race: a connect that came in
 * between either is undone as a whole or stores its credential anew. Throws `not-found`.
 */
export async function disconnect(
  deps: Pick<Deps, 'integrations' | 'healthDue' | 'secrets' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await changeDocument(deps.integrations, scope, {
    find: () => findIntegration(deps, scope, params.integrationId),
    change: async (current): Promise<IntegrationDocument> => {
      await deps.secrets.erase(scope, credentialSecretName(current.id));
      const { connection: _connection, ...rest } = current;
      return { ...rest, updatedAt: attempt.at.toISOString() };
    },
  });
  await watchIntegration(deps, scope, document.id);
  await recordAudit(deps, scope, { action: 'connection.disconnected', subject: document.id });
  return { body: describeConnection(document) };
}
