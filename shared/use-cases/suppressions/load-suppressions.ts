import { AppError, CorruptDocument } from '../../core/app-error.ts';
import type { SuppressionDocument } from '../../core/documents/suppression.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { nobodySuppressed, Suppressions } from '../../core/suppressions.ts';

export type SuppressionNeeds = Pick<Deps, 'suppressions' | 'secrets'>;

/** The secret that a tenant's suppressions are hashed with. */
export const suppressionKeyName = 'suppression-key';

const documentsPerQuery = 1000;

/**
 * Whom a tenant has erased, as it is now: one query, and the key, which is kept in memory, where there is anybody. Loaded for a slice of work: an erasure goes
 * through the containers once more when the slices that did not know of it have ended.
 */
export async function loadSuppressions(deps: SuppressionNeeds, scope: Scope): Promise<Suppressions> {
  const byVersion = new Map<string, Set<string>>();
  for (let afterId: string | undefined; ; ) {
    const found: Stored<SuppressionDocument>[] = await deps.suppressions.list(scope, {
      filters: [],
      order: 'ascending',
      limit: documentsPerQuery,
      afterId,
    });
    for (const { document } of found) {
      const hashes = byVersion.get(document.keyVersion) ?? new Set();
      for (const hash of document.hashes) hashes.add(hash);
      byVersion.set(document.keyVersion, hashes);
    }
    afterId = found.at(-1)?.document.id;
    if (found.length < documentsPerQuery) break;
  }
  if (byVersion.size === 0) return nobodySuppressed;
  const versions = [...byVersion];
  const keys = await Promise.all(versions.map(([version]) => readKey(deps, scope, version)));
  return new Suppressions(versions.map(([, hashes], index) => ({ key: keys[index] ?? '', hashes })));
}

/** Without its key nobody could be kept away: then nothing is taken at all. */
export async function readKey({ secrets }: SuppressionNeeds, scope: Scope, version: string): Promise<string> {
  try {
    return await secrets.get(scope, suppressionKeyName, version);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-connected')
      throw new CorruptDocument(`suppressions of ${scope.tenantId}`, 'their key is gone');
    throw error;
  }
}
