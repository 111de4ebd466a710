import type { z } from 'zod';
import type {
  integrationHealth as integrationHealthSchema,
  listIntegrationHealth as route,
} from '../contracts/integration-health.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import { healthIdOf, type IntegrationHealthDocument } from '../core/documents/integration-health.ts';
import { judgeHealth } from '../core/judge-health.ts';
import { noteHealth } from '../core/note-health.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findExpiringKeys } from './find-expiring-keys.ts';
import { gatherHealthFacts } from './gather-health-facts.ts';
import { listPage } from './list-page.ts';
import { watchIntegration } from './watch-integration.ts';

/** The monitor looks every few minutes; who was not looked at for so long has lost its entry, or the monitor is down. */
const longestUncheckedMs = 3_600_000;

/**
 * How the tenant's integrations do, as the health monitor saw them last. What it has never seen, or not for an hour, is judged on the spot and
 * given to it: integrations older than the monitor come to it this way, too.
 */
export async function listIntegrationHealth(
  deps: Deps,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const page = await listPage({
    list: 'integration-health',
    asked: {},
    page: query,
    read: (range) => deps.integrations.list(scope, { filters: [], order: 'descending', ...range }),
    describe: (document) => document,
  });
  const keys = page.items.map(({ id }) => ({ id: healthIdOf(id) }));
  const known = await deps.integrationHealth.getMany(scope, keys);
  const items: z.infer<typeof integrationHealthSchema>[] = [];
  for (const [index, integration] of page.items.entries()) {
    items.push(describe(integration, await bringUpToDate(deps, scope, integration, known[index]?.document)));
  }
  if (query.cursor !== undefined) return { body: { ...page, items } };
  const expiring = await findExpiringKeys(deps, scope);
  const expiringApiKeys = expiring.map(({ document: { id, expiresAt } }) => ({ id, expiresAt }));
  return { body: { ...page, items, expiringApiKeys } };
}

async function bringUpToDate(
  deps: Deps,
  scope: Scope,
  integration: IntegrationDocument,
  known: IntegrationHealthDocument | undefined,
): Promise<IntegrationHealthDocument> {
  const now = deps.now();
  if (known !== undefined && now.getTime() - Date.parse(known.checkedAt) < longestUncheckedMs) return known;
  await watchIntegration(deps, scope, integration.id);
  const judgement = judgeHealth(await gatherHealthFacts(deps, scope, integration), now);
  return noteHealth({ tenantId: scope.tenantId, integrationId: integration.id }, known, judgement, now);
}

function describe(
  { id, name, provider }: IntegrationDocument,
  { health, since, reasons, checkedAt }: IntegrationHealthDocument,
): z.infer<typeof integrationHealthSchema> {
  return { integrationId: id, name, provider, health, since, reasons, checkedAt };
}
