import type { ConflictDocument } from '../../core/documents/conflict.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** Replaces a conflict as it was read; `undefined` when somebody else was first. */
export async function writeConflict(
  deps: Pick<Deps, 'conflicts'>,
  scope: Scope,
  document: ConflictDocument,
  etag: string,
): Promise<Stored<ConflictDocument> | undefined> {
  const result = await deps.conflicts.write(scope, { kind: 'replace', document, etag });
  return result.ok ? { document, etag: result.etag } : undefined;
}
