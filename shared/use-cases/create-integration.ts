import type { createIntegration as route } from '../contracts/integrations.ts';
import { AppError } from '../core/app-error.ts';
import { describeIntegration } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { createDocument } from './change-document.ts';
import { checkSettings } from './check-settings.ts';
import { recordAudit } from './record-audit.ts';

/** Enables a provider for the tenant, not yet connected. Throws `invalid-request` naming `/provider` or `/settings/…`. */
export async function createIntegration(
  deps: Pick<Deps, 'integrations' | 'adapters' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const adapter = deps.adapters.find((candidate) => candidate.id === body.provider);
  if (adapter === undefined) {
    const known = deps.adapters.map((candidate) => candidate.id).join(', ');
    throw new AppError('invalid-request', {
      errors: [{ in: 'body', field: '/provider', message: `must be one of: ${known}` }],
    });
  }
  const at = attempt.at.toISOString();
  const { document, etag } = await createDocument(
    deps.integrations,
    scope,
    {
      id: deps.newId('integration'),
      tenantId: scope.tenantId,
      kind: 'integration',
      schemaVersion: 1,
      provider: adapter.id,
      name: body.name,
      settings: checkSettings(adapter, body.settings),
      enabled: true,
      createdAt: at,
      updatedAt: at,
    },
    attempt.repeated,
  );
  await recordAudit(deps, scope, { action: 'integration.created', subject: document.id, detail: adapter.id });
  return { body: describeIntegration(document), etag };
}
