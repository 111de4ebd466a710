import type { Adapter, AdapterCall, Credential } from '../core/adapter.ts';
import { AppError, CorruptDocument } from '../core/app-error.ts';
import { credentialSecretName, parseCredential } from '../core/credential.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { recordAudit } from './record-audit.ts';

type Needs = Pick<Deps, 'adapters' | 'openCall' | 'secrets' | 'audit' | 'now' | 'newId'>;

/**
 * Opens an authorised call to an integration's provider. The use of the credential goes to the audit trail.
 *
 * @throws AppError `not-connected` when it has no credential, is disabled, or its provider or settings are no longer supported
 */
export async function openIntegration(
  deps: Needs,
  scope: Scope,
  integration: IntegrationDocument,
): Promise<{ adapter: Adapter; call: AdapterCall }> {
  if (!integration.enabled) throw new AppError('not-connected', { detail: 'The integration is disabled.' });
  const adapter = deps.adapters.find((each) => each.id === integration.provider);
  if (adapter === undefined) {
    throw new AppError('not-connected', { detail: `The provider "${integration.provider}" is not available.` });
  }
  const settings = adapter.settings.safeParse(integration.settings);
  if (!settings.success) {
    throw new AppError('not-connected', {
      detail: 'The settings of the integration are no longer valid.',
      cause: settings.error,
    });
  }
  const credential = await readCredential(deps, scope, integration);
  return { adapter, call: deps.openCall({ adapter, settings: settings.data, credential }) };
}

async function readCredential(deps: Needs, scope: Scope, integration: IntegrationDocument): Promise<Credential> {
  const connection = integration.connection;
  if (connection === undefined) {
    throw new AppError('not-connected', { detail: 'Connect the integration first.' });
  }
  if (connection.kind === 'none') return { kind: 'none' };
  if (connection.secretVersion === undefined) {
    throw new CorruptDocument(`integration ${integration.id}`, 'its connection names no secret version');
  }
  const secret = await deps.secrets.get(scope, credentialSecretName(integration.id), connection.secretVersion);
  await recordAudit(deps, scope, { action: 'credential.used', subject: integration.id });
  return parseCredential(secret, integration.id);
}
