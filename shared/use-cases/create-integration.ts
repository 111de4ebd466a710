import type { createIntegration as route } from '../contracts/integrations.ts';
import { AppError } from '../core/app-error.ts';
import { describeIntegration } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { createDocument } from './change-document.ts';
import { checkSettings } from './check-settings.ts';
import { recordAudit } from './record-audit.ts';
import { watchIntegration } from './watch-integration.ts';

/** Longer than any request lives: until then the health monitor does not take the integration for removed. */
const creationMs = 600_000;

/**
 * Enables a provider for the tenant, not yet connected. The health monitor's entry comes first, so that a crash leaves no integration that
 * nobody watches.
 *
 * @throws AppError `invalid-request` naming `/provider` or `/settings/…`
 */
export async function createIntegration(
  deps: Pick<Deps, 'integrations' | 'healthDue' | 'adapters' | 'audit' | 'newId' | 'now'>,
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
  const settings = await checkSettings(adapter, body.settings);
  const id = deps.newId('integration');
  await watchIntegration(deps, scope, id, creationMs);
  const { document, etag } = await createDocument(
    deps.integrations,
    scope,
    {
      id,
      tenantId: scope.tenantId,
      kind: 'integration',
      schemaVersion: 1,
      provider: adapter.id,
      name: body.name,
      settings,
      enabled: true,
      createdAt: at,
      updatedAt: at,
    },
    attempt.repeated,
  );
  await watchIntegration(deps, scope, id);
  await recordAudit(deps, scope, { action: 'integration.created', subject: document.id, detail: adapter.id });
  return { body: describeIntegration(document), etag };
}
