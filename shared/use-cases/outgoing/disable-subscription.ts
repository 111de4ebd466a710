import type { SubscriptionDocument } from '../../core/documents/subscription.ts';
import { withoutQuery } from '../../core/outgoing/without-query.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import { deriveIds } from '../../core/request-ids.ts';
import type { Scope } from '../../core/scope.ts';
import { recordAudit } from '../record-audit.ts';
import { recordEvent } from '../record-event.ts';

type Needs = Pick<Deps, 'subscriptions' | 'events' | 'audit' | 'now'>;

/**
 * Disables a subscription because of its receiver, and tells it. One that is disabled already, or gone, is left.
 *
 * @param url where the receiver was: one that has another by now is left as well
 * @returns whether it is sent nothing any more
 */
export async function disableSubscription(
  deps: Needs,
  scope: Scope,
  subscriptionId: string,
  { reason, detail, url }: { readonly reason: 'gone' | 'failing'; readonly detail: string; readonly url: string },
): Promise<boolean> {
  for (;;) {
    const stored = await deps.subscriptions.get(scope, { id: subscriptionId });
    if (stored === undefined) return true;
    if (stored.document.enabled && stored.document.url !== url) return false;
    if (!stored.document.enabled) {
      await tellDisabled(deps, scope, stored);
      return true;
    }
    const at = deps.now().toISOString();
    const disabled = { reason, at, detail, told: false };
    const document: SubscriptionDocument = { ...stored.document, enabled: false, disabled, updatedAt: at };
    const result = await deps.subscriptions.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (!result.ok) continue;
    await tellDisabled(deps, scope, { document, etag: result.etag });
    return true;
  }
}

/**
 * Tells that a subscription was disabled, as an event and in the audit trail, then notes that it was told. After a crash in between it is told
 * again under the same ids; the clock sees to that.
 */
export async function tellDisabled(
  deps: Needs,
  scope: Scope,
  { document, etag }: Stored<SubscriptionDocument>,
): Promise<void> {
  const { id, url, disabled } = document;
  if (disabled === undefined || disabled.told || disabled.reason === 'person') return;
  const { reason, at, detail } = disabled;
  const data = { subscriptionId: id, url: withoutQuery(url), reason, detail };
  await recordEvent(deps, scope, { type: 'subscription.disabled', subject: id, at, data });
  const then = new Date(at);
  const tools = { audit: deps.audit, now: () => then, newId: deriveIds(`${id} disabled`, then.getTime()) };
  await recordAudit(tools, scope, { action: 'subscription.disabled', subject: id, detail });
  // Whoever changed it meanwhile has it told once more, to no effect.
  const told: SubscriptionDocument = { ...document, disabled: { ...disabled, told: true } };
  await deps.subscriptions.write(scope, { kind: 'replace', document: told, etag });
}
