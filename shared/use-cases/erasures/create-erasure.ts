import type { createErasure as route } from '../../contracts/erasures.ts';
import { AppError } from '../../core/app-error.ts';
import type { ErasureDocument } from '../../core/documents/erasure.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { createDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { describeErasure } from './find-erasure.ts';
import { findPerson, type Subject } from './find-person.ts';

type Body = InputOf<typeof route>['body'];

/**
 * Prepares an erasure: of all that the tenant has, or of one person, by the shard, those that were merged into it, and their records. Throws `not-found`,
 * `invalid-request` when the tenant is another.
 */
export async function createErasure(
  deps: Pick<Deps, 'erasures' | 'shards' | 'links' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const document: ErasureDocument = {
    id: deps.newId('erasure'),
    tenantId: scope.tenantId,
    kind: 'erasure',
    schemaVersion: 1,
    state: 'prepared',
    of: body.of,
    subject: await findSubject(deps, scope, body),
    ...(body.of === 'person' && body.suppress ? { suppresses: true as const } : {}),
    place: { container: 0, changed: 0, round: 0 },
    erased: {},
    createdAt: attempt.at.toISOString(),
  };
  const stored = await createDocument(deps.erasures, scope, document, attempt.repeated);
  await recordAudit(deps, scope, { action: 'erasure.prepared', subject: document.id, detail: body.of });
  return { body: describeErasure(stored.document) };
}

async function findSubject(deps: Pick<Deps, 'shards' | 'links'>, scope: Scope, body: Body): Promise<Subject> {
  if (body.of === 'tenant') {
    if (body.confirm === scope.tenantId) return { kind: 'tenant', ids: [], records: [] };
    const errors = [{ in: 'body' as const, field: '/confirm', message: 'must be the id of your tenant' }];
    throw new AppError('invalid-request', { errors });
  }
  const person = await findPerson(deps, scope, [body.shardId]);
  if (person === undefined) throw new AppError('not-found', { detail: 'There is no such shard.' });
  return person;
}
