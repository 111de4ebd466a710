import { AppError } from '../../core/app-error.ts';
import type { Deps } from '../../core/ports.ts';

/** Throws `invalid-request` naming `/url` for one that this deployment posts nothing to. What its name resolves to is seen when it is called. */
export function checkUrl(deps: Pick<Deps, 'webhookClient'>, url: string): void {
  const message = deps.webhookClient.check(url);
  if (message !== undefined)
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/url', message }] });
}
