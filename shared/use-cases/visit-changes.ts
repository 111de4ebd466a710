import type { z } from 'zod';
import type { Deps, Orchestrations } from '../core/ports.ts';
import { type Scope, systemScope } from '../core/scope.ts';
import { traceparentOf } from '../core/traceparent.ts';

/** What a function reads of a change feed. */
export interface Feed<T extends TenantDocument> {
  /** Name of the function. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** Which of the container's documents it is about; all unless given. */
  readonly kind?: string;
}

/** What a function that a change feed wakes may need. */
export type FeedDeps = Deps & { readonly orchestrations: Orchestrations };

/** One batch as the host delivered it. */
export interface DeliveredChanges {
  /** Raw documents, each in its latest version, in the order of their last changes within a tenant. */
  readonly documents: readonly unknown[];
  readonly invocationId: string;
  /** How often this batch has failed before. */
  readonly failures: number;
}

interface TenantDocument {
  readonly id: string;
  readonly tenantId: string;
}

/** A change that fails so often does not mend by itself: it no longer holds up those behind it. */
const mostTries = 5;

/**
 * Has every changed document worked on, set-wise for each tenant and in order; where a set fails, each document for itself. One that keeps
 * failing, or does not parse, is set aside with the reason and an alert, so that the feed goes on.
 *
 * Rejects when the batch is to be delivered again, whole: `visit` has to bear repeats.
 */
export async function visitChanges<T extends TenantDocument>(
  deps: Pick<Deps, 'poison' | 'log' | 'now'>,
  feed: Feed<T>,
  changes: DeliveredChanges,
  visit: (scope: Scope, documents: readonly T[]) => Promise<void>,
): Promise<void> {
  const traceparent = traceparentOf(undefined, changes.invocationId);
  const tenants = new Map<string, T[]>();
  for (const raw of changes.documents) {
    const fields = ownFields(raw);
    if (feed.kind !== undefined && fields['kind'] !== feed.kind) continue;
    const parsed = feed.schema.safeParse(fields);
    if (!parsed.success) {
      const reason = parsed.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`).join('; ');
      await setAside(deps, feed.name, { fields, reason, traceparent });
      continue;
    }
    const { tenantId } = parsed.data;
    tenants.set(tenantId, [...(tenants.get(tenantId) ?? []), parsed.data]);
  }
  let failure: unknown;
  for (const [tenantId, documents] of tenants) {
    const scope = systemScope(tenantId, feed.name, traceparent);
    for (const { document, error } of await visitTenant(scope, documents, visit)) {
      if (changes.failures + 1 < mostTries) failure ??= error;
      else await setAside(deps, feed.name, { fields: document, reason: String(error), traceparent, error });
    }
  }
  if (failure !== undefined) throw failure;
}

async function visitTenant<T>(
  scope: Scope,
  documents: readonly T[],
  visit: (scope: Scope, documents: readonly T[]) => Promise<void>,
): Promise<{ document: T; error: unknown }[]> {
  try {
    await visit(scope, documents);
    return [];
  } catch (error) {
    const [only, ...others] = documents;
    if (only !== undefined && others.length === 0) return [{ document: only, error }];
  }
  const failed: { document: T; error: unknown }[] = [];
  for (const document of documents) {
    await visit(scope, [document]).catch((error: unknown) => failed.push({ document, error }));
  }
  return failed;
}

interface Poison {
  readonly fields: object;
  readonly reason: string;
  readonly traceparent: string;
  readonly error?: unknown;
}

async function setAside(
  deps: Pick<Deps, 'poison' | 'log' | 'now'>,
  feed: string,
  { fields, reason, traceparent, error }: Poison,
): Promise<void> {
  const { id: documentId, tenantId } = fields as { id?: unknown; tenantId?: unknown };
  deps.log.alert('a change could not be worked on and was set aside', { feed, tenantId, documentId, reason, error });
  // Without a tenant there is nowhere to note it; the changed document itself is still there.
  if (typeof tenantId !== 'string' || typeof documentId !== 'string') return;
  await deps.poison.write(systemScope(tenantId, feed, traceparent), {
    kind: 'upsert',
    document: {
      id: `${feed}:${documentId}`,
      tenantId,
      schemaVersion: 1,
      feed,
      documentId,
      reason: reason.slice(0, 2000),
      at: deps.now().toISOString(),
      traceparent,
    },
  });
}

/** Without what the service adds. */
function ownFields(raw: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(raw ?? {}).filter(([name]) => !name.startsWith('_')));
}
