import { refusalsIdOf, type WebhookRefusalsDocument } from '../../core/documents/webhook-refusals.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { mergeRefusals, noRefusals, type RefusalRecord } from '../../core/webhooks/refusal-record.ts';

const keptSeconds = 30 * 86_400;
/** Every host writes now and then; it keeps what it could not write. */
const mostTries = 5;

/** Adds what a process has noted to what is stored of an integration, if that is still there. Throws when others were always faster. */
export async function writeRefusals(
  deps: Pick<Deps, 'integrations' | 'webhookRefusals' | 'now'>,
  scope: Scope,
  integrationId: string,
  noted: RefusalRecord,
): Promise<void> {
  if ((await deps.integrations.get(scope, { id: integrationId })) === undefined) return;
  const id = refusalsIdOf(integrationId);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const stored = await deps.webhookRefusals.get(scope, { id });
    const document: WebhookRefusalsDocument = {
      id,
      tenantId: scope.tenantId,
      kind: 'webhook-refusals',
      schemaVersion: 1,
      integrationId,
      ...mergeRefusals(stored?.document ?? noRefusals, noted),
      updatedAt: deps.now().toISOString(),
      ttl: keptSeconds,
    };
    const result = await deps.webhookRefusals.write(
      scope,
      stored === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: stored.etag },
    );
    if (result.ok) return;
  }
  throw new Error(`The refusals of ${integrationId} are written by others all the time`);
}
