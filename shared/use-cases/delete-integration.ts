import type { deleteIntegration as route } from '../contracts/integrations.ts';
import { AppError } from '../core/app-error.ts';
import { credentialSecretName } from '../core/credential.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import { healthIdOf } from '../core/documents/integration-health.ts';
import { refusalsIdOf } from '../core/documents/webhook-refusals.ts';
import { healthDueKey } from '../core/due.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { webhookSecretName } from '../core/webhooks/webhook-secret.ts';
import { webhookTargetKey } from '../core/webhooks/webhook-target.ts';
import { assertIdle } from './assert-idle.ts';
import { changeDocument } from './change-document.ts';
import { findIntegration } from './find-integration.ts';
import { recordAudit } from './record-audit.ts';
import { removeConversionSchemas } from './remove-conversion-schemas.ts';
import { removeTasks } from './remove-task.ts';

type Needs = Pick<
  Deps,
  | 'integrations'
  | 'integrationHealth'
  | 'healthDue'
  | 'tasks'
  | 'conversionSchemas'
  | 'conversionContents'
  | 'runs'
  | 'due'
  | 'secrets'
  | 'audit'
  | 'webhookTargets'
  | 'webhookRefusals'
  | 'newId'
  | 'now'
>;

/**
 * Removes an integration: first it is closed (disabled, disconnected), which decides races and keeps new runs out; then tasks, credential and at
 * last the document go. A try that dies in between leaves a closed integration that a repeat removes; health and its entry, should they be left,
 * are removed by the monitor.
 *
 * @throws AppError `not-found`, `precondition-failed`, `already-running`
 */
export async function deleteIntegration(
  deps: Needs,
  scope: Scope,
  { params, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { integrationId } = params;
  const find = () => findIntegration(deps, scope, integrationId);
  try {
    await changeDocument(deps.integrations, scope, {
      find,
      change: async (current): Promise<IntegrationDocument> => {
        await assertIdle(deps, scope, { field: 'integrationId', id: integrationId });
        const { connection: _connection, webhook: _webhook, ...rest } = current;
        return { ...rest, enabled: false, updatedAt: attempt.at.toISOString() };
      },
      ifMatch,
      repeated: attempt.repeated,
    });
  } catch (error) {
    if (!(attempt.repeated && error instanceof AppError && error.code === 'not-found')) throw error;
  }
  deps.webhookTargets.forget(webhookTargetKey(scope.tenantId, integrationId));
  await removeTasks(deps, scope, integrationId);
  await removeConversionSchemas(deps, scope, integrationId);
  await deps.secrets.erase(scope, credentialSecretName(integrationId));
  await deps.secrets.erase(scope, webhookSecretName(integrationId));
  await deps.integrations.remove(scope, { id: integrationId });
  await deps.webhookRefusals.remove(scope, { id: refusalsIdOf(integrationId) });
  await deps.integrationHealth.remove(scope, { id: healthIdOf(integrationId) });
  await deps.healthDue.remove(healthDueKey(scope.tenantId, integrationId));
  await recordAudit(deps, scope, { action: 'integration.deleted', subject: integrationId });
  return { body: undefined };
}
