import { sameValue } from './canonical.ts';
import { healthIdOf, type IntegrationHealthDocument } from './documents/integration-health.ts';
import type { Json } from './json.ts';
import type { Judgement } from './judge-health.ts';

/** Unchanged health is written again only when its check is older than this. */
const longestUnwrittenMs = 600_000;

/**
 * The document after a check; the one of before where there is nothing to write. The first look at an integration is news only when it is
 * failing.
 */
export function noteHealth(
  of: { readonly tenantId: string; readonly integrationId: string },
  before: IntegrationHealthDocument | undefined,
  { health, reasons }: Judgement,
  now: Date,
): IntegrationHealthDocument {
  const checkedAt = now.toISOString();
  const since = before?.health === health ? before.since : checkedAt;
  const isNews = before !== undefined || health === 'failing';
  const next: IntegrationHealthDocument = {
    id: healthIdOf(of.integrationId),
    tenantId: of.tenantId,
    kind: 'integration-health',
    schemaVersion: 1,
    integrationId: of.integrationId,
    health,
    since,
    reasons: reasons.map((reason) => sinceBefore(reason, before)),
    checkedAt,
    ...(isNews ? {} : { toldSince: since }),
    ...(before?.toldSince === undefined ? {} : { toldSince: before.toldSince }),
    ...(before?.toldExpiry === undefined ? {} : { toldExpiry: before.toldExpiry }),
  };
  if (before === undefined) return next;
  const isSame = sameValue({ ...next, checkedAt: before.checkedAt } as unknown as Json, before as unknown as Json);
  return isSame && now.getTime() - Date.parse(before.checkedAt) < longestUnwrittenMs ? before : next;
}

/** How long the queue has been slow is measured anew each time; what counts is when it was first noticed. */
function sinceBefore(
  reason: Judgement['reasons'][number],
  before: IntegrationHealthDocument | undefined,
): Judgement['reasons'][number] {
  if (reason.code !== 'work-delayed') return reason;
  return before?.reasons.find((each) => each.code === reason.code) ?? reason;
}
