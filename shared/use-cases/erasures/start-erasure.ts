import type { startErasure as route } from '../../contracts/erasures.ts';
import type { ErasureDocument } from '../../core/documents/erasure.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { describeErasure, findErasure } from './find-erasure.ts';
import { wakeErasure } from './wake-erasure.ts';

/** Begins an erasure, which then goes to its end. Starting it again only wakes it. Throws `not-found`. */
export async function startErasure(
  deps: Pick<Deps, 'erasures' | 'due' | 'jobQueue' | 'audit' | 'newId' | 'now' | 'engine'>,
  scope: Scope,
  { params, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await changeDocument(deps.erasures, scope, {
    find: () => findErasure(deps, scope, params.erasureId),
    change: (current): ErasureDocument =>
      current.state === 'prepared' ? { ...current, state: 'running', startedAt: attempt.at.toISOString() } : current,
  });
  await recordAudit(deps, scope, { action: 'erasure.started', subject: document.id, detail: document.of });
  if (document.state === 'running') await wakeErasure(deps, scope, document.id);
  return { body: describeErasure(document) };
}
