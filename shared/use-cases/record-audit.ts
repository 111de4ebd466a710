import type { AuditDocument } from '../core/documents/access.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** What happened: a verb in the past, as `integration.created`, and the id of what it happened to. */
export interface AuditEvent {
  readonly action: string;
  readonly subject: string;
  readonly outcome?: AuditDocument['outcome'];
  /** Words for people; never a secret. */
  readonly detail?: string;
}

/** Writes an entry of the audit trail. A repeated try of one request derives the same id and finds its entry there. */
export async function recordAudit(
  deps: Pick<Deps, 'audit' | 'newId' | 'now'>,
  scope: Scope,
  event: AuditEvent,
): Promise<void> {
  const at = deps.now().toISOString();
  await deps.audit.write(scope, {
    kind: 'create',
    document: {
      id: deps.newId('audit'),
      tenantId: scope.tenantId,
      month: at.slice(0, 7),
      schemaVersion: 1,
      at,
      actor: { kind: scope.actor.kind, id: scope.actor.id },
      action: event.action,
      subject: event.subject,
      outcome: event.outcome ?? 'ok',
      ...(event.detail === undefined ? {} : { detail: event.detail }),
      traceparent: scope.traceparent,
    },
  });
}
