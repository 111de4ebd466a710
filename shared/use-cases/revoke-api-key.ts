import type { revokeApiKey as route } from '../contracts/api-keys.ts';
import { AppError } from '../core/app-error.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { recordAudit } from './record-audit.ts';

/** Revokes a key: the next request with it is refused. Throws `not-found`. */
export async function revokeApiKey(
  deps: Pick<Deps, 'apiKeys' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const id = params.apiKeyId;
  const stored = await deps.apiKeys.get(scope, { id });
  if (stored === undefined || (await deps.apiKeys.remove(scope, { id })) === 'gone') {
    throw new AppError('not-found', { detail: 'There is no such API key.' });
  }
  await recordAudit(deps, scope, { action: 'api-key.revoked', subject: id });
  return { body: undefined };
}
