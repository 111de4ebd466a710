import type { z } from 'zod';
import type { erasure } from '../../contracts/erasures.ts';
import { AppError } from '../../core/app-error.ts';
import type { ErasureDocument } from '../../core/documents/erasure.ts';
import { suppressionIdOf } from '../../core/documents/suppression.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** An erasure of the tenant. Throws `not-found`. */
export async function findErasure(
  deps: Pick<Deps, 'erasures'>,
  scope: Scope,
  erasureId: string,
): Promise<Stored<ErasureDocument>> {
  const stored = await deps.erasures.get(scope, { id: erasureId });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such erasure.' });
  return stored;
}

/** An erasure as the API shows it: it names nobody. */
export function describeErasure(document: ErasureDocument): z.infer<typeof erasure> {
  const { id, state, of, erased, createdAt, startedAt, finishedAt, suppresses } = document;
  const suppressionId = suppresses === true && state !== 'prepared' ? suppressionIdOf(id) : undefined;
  return { id, state, of, erased, createdAt, startedAt, finishedAt, suppressionId };
}
