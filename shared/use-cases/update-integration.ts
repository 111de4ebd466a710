import type { updateIntegration as route } from '../contracts/integrations.ts';
import { describeIntegration } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { webhookTargetKey } from '../core/webhooks/webhook-target.ts';
import { changeDocument } from './change-document.ts';
import { checkSettings } from './check-settings.ts';
import { requireObjectsOfTasks } from './check-task.ts';
import { findAdapter } from './find-adapter.ts';
import { findIntegration } from './find-integration.ts';
import { type ScanNeeds, scanForIntegration } from './push/scan-for-task.ts';
import { recordAudit } from './record-audit.ts';
import { watchIntegration } from './watch-integration.ts';

/** Renames, reconfigures, enables or disables. Settings are replaced as a whole and keep what tasks read. Throws `not-found`, `precondition-failed`, `invalid-request`. */
export async function updateIntegration(
  deps: ScanNeeds & Pick<Deps, 'healthDue' | 'audit' | 'webhookTargets'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await changeDocument(deps.integrations, scope, {
    find: () => findIntegration(deps, scope, params.integrationId),
    change: async (current) => {
      const adapter = findAdapter(deps, current.provider);
      const settings = body.settings === undefined ? undefined : await checkSettings(adapter, body.settings);
      if (settings !== undefined) await requireObjectsOfTasks(deps, scope, current.id, adapter.objects(settings));
      return {
        ...current,
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.enabled === undefined ? {} : { enabled: body.enabled }),
        ...(settings === undefined ? {} : { settings }),
        updatedAt: attempt.at.toISOString(),
      };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  const detail = Object.keys(body).sort().join(', ');
  deps.webhookTargets.forget(webhookTargetKey(scope.tenantId, document.id));
  await watchIntegration(deps, scope, document.id);
  if (body.settings !== undefined) await scanForIntegration(deps, scope, document.id);
  await recordAudit(deps, scope, { action: 'integration.updated', subject: document.id, detail });
  return { body: describeIntegration(document), etag };
}
