import type { listReplays as route } from '../../contracts/deliveries.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { describeReplay } from '../../core/webhooks/describe-delivery.ts';
import { equalFilters, listPage } from '../list-page.ts';

/** The tenant's replays and redrives, the latest first. */
export async function listReplays(
  deps: Pick<Deps, 'webhookReplays'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { state, integrationId } = query;
  const asked = {
    ...(state === undefined ? {} : { state }),
    ...(integrationId === undefined ? {} : { integrationId }),
  };
  const filters = equalFilters({ state, 'selection.integrationId': integrationId });
  const body = await listPage({
    list: 'replays',
    asked,
    page: query,
    read: (range) => deps.webhookReplays.list(scope, { filters, order: 'descending', ...range }),
    describe: describeReplay,
  });
  return { body };
}
