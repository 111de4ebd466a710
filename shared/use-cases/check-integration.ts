import type { HealthDueDocument } from '../core/documents/due.ts';
import type { ExecutionDocument } from '../core/documents/execution.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import { healthIdOf, type IntegrationHealthDocument } from '../core/documents/integration-health.ts';
import { judgeHealth } from '../core/judge-health.ts';
import { noteHealth } from '../core/note-health.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { gatherHealthFacts } from './gather-health-facts.ts';
import { sendSyncMessage } from './send-sync-message.ts';
import { tellHealth } from './tell-health.ts';
import { watchIntegration } from './watch-integration.ts';

/** How often an integration is looked at; spread, so that those created together are not looked at together for ever. */
const leastCheckMs = 240_000;
const checkSpreadMs = 120_000;

/** When to look next after a look at `now`. */
export function nextCheckAt({ now, random }: Pick<Deps, 'now' | 'random'>): string {
  return new Date(now().getTime() + leastCheckMs + Math.round(checkSpreadMs * random())).toISOString();
}

/**
 * One look of the health monitor at an integration: judges it, keeps and tells what changed, and moves its entry to the next look. Two at once,
 * or one after a crash, come to the same. An integration that is gone takes its entry and its health with it.
 */
export async function checkIntegration(
  deps: Deps,
  scope: Scope,
  entry: Stored<HealthDueDocument>,
  workDelayedSince: string | undefined,
): Promise<void> {
  const { integrationId } = entry.document;
  const integration = (await deps.integrations.get(scope, { id: integrationId }))?.document;
  if (integration === undefined) {
    await deps.integrationHealth.remove(scope, { id: healthIdOf(integrationId) });
    return deps.healthDue.remove(entry.document, entry.etag);
  }
  await assess(deps, scope, integration, workDelayedSince);
  if ((await deps.healthDue.reschedule(entry, nextCheckAt(deps))) !== 'gone') return;
  // Removed during the look, with its integration or by a hand.
  if ((await deps.integrations.get(scope, { id: integrationId })) !== undefined) {
    return watchIntegration(deps, scope, integrationId);
  }
  await deps.integrationHealth.remove(scope, { id: healthIdOf(integrationId) });
}

async function assess(
  deps: Deps,
  scope: Scope,
  integration: IntegrationDocument,
  workDelayedSince: string | undefined,
): Promise<void> {
  const facts = await gatherHealthFacts(deps, scope, integration, workDelayedSince);
  for (const { stuck } of facts.tasks) if (stuck !== undefined) await startUpAgain(deps, scope, stuck);
  const found = await deps.integrationHealth.get(scope, { id: healthIdOf(integration.id) });
  const before = found === undefined ? undefined : await tellHealth(deps, scope, integration, found);
  const of = { tenantId: scope.tenantId, integrationId: integration.id };
  const next = noteHealth(of, before?.document, judgeHealth(facts, deps.now()), deps.now());
  const stored = await keep(deps, scope, before, next);
  // Who else looked at the same time has kept its own, and tells it.
  if (stored !== undefined) await tellHealth(deps, scope, integration, stored);
}

async function keep(
  deps: Pick<Deps, 'integrationHealth'>,
  scope: Scope,
  before: Stored<IntegrationHealthDocument> | undefined,
  document: IntegrationHealthDocument,
): Promise<Stored<IntegrationHealthDocument> | undefined> {
  if (before?.document === document) return before;
  const result = await deps.integrationHealth.write(
    scope,
    before === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: before.etag },
  );
  return result.ok ? { document, etag: result.etag } : undefined;
}

/** As the watch would: a message more than needed does no harm, and whoever takes it goes on with the run or ends it. */
async function startUpAgain(deps: Deps, scope: Scope, run: ExecutionDocument): Promise<void> {
  const { id: executionId, state } = run;
  deps.log.alert('a run was found that nobody looked after', { tenantId: scope.tenantId, executionId, state });
  await sendSyncMessage(deps, scope, run);
}
