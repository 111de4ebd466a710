import { randomBytes } from 'node:crypto';
import { type SuppressionDocument, suppressionIdOf } from '../../core/documents/suppression.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { hashRecord, isSuppressible, type NamedRecord } from '../../core/suppressions.ts';
import { readKey, type SuppressionNeeds, suppressionKeyName } from './load-suppressions.ts';

const keyBytes = 32;

/** Has records skipped from now on wherever they are seen, as part of an erasure. Safe to repeat. */
export async function suppressRecords(
  deps: SuppressionNeeds & Pick<Deps, 'now'>,
  scope: Scope,
  erasureId: string,
  records: readonly NamedRecord[],
): Promise<void> {
  const wanted = records.filter(isSuppressible);
  if (wanted.length === 0) return;
  const id = suppressionIdOf(erasureId);
  for (;;) {
    const stored = await deps.suppressions.get(scope, { id });
    const keyVersion = stored?.document.keyVersion ?? (await findKey(deps, scope));
    const key = await readKey(deps, scope, keyVersion);
    const before = stored?.document.hashes ?? [];
    const hashes = [...new Set([...before, ...wanted.map((record) => hashRecord(key, record))])];
    if (stored !== undefined && hashes.length === before.length) return;
    const document: SuppressionDocument = {
      id,
      tenantId: scope.tenantId,
      kind: 'suppression',
      schemaVersion: 1,
      erasureId,
      keyVersion,
      hashes,
      createdAt: stored?.document.createdAt ?? deps.now().toISOString(),
    };
    const write =
      stored === undefined
        ? { kind: 'create' as const, document }
        : { kind: 'replace' as const, document, etag: stored.etag };
    if ((await deps.suppressions.write(scope, write)).ok) return;
  }
}

/** All suppressions of a tenant have one key, but for those of erasures that began at once: they name their versions. */
async function findKey(deps: SuppressionNeeds, scope: Scope): Promise<string> {
  const [any] = await deps.suppressions.list(scope, { filters: [], order: 'descending', limit: 1 });
  if (any !== undefined) return any.document.keyVersion;
  return deps.secrets.put(scope, suppressionKeyName, randomBytes(keyBytes).toString('base64url'));
}
