import { AppError } from '../../core/app-error.ts';
import type { WebhookReplayDocument } from '../../core/documents/webhook-replay.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';

/** Throws AppError `not-found`. */
export async function findReplay(
  deps: Pick<Deps, 'webhookReplays'>,
  scope: Scope,
  id: string,
): Promise<Stored<WebhookReplayDocument>> {
  const stored = await deps.webhookReplays.get(scope, { id });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such replay.' });
  return stored;
}
