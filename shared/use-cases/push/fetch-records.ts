import { AdapterFailure, type ExternalChange } from '../../core/adapter.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { describeObject, type LaneWork } from './lane-work.ts';

/**
 * Reads records by id, in the order of the ids. `undefined` for what cannot be read: the provider has no such call, or the record cannot be taken. One that
 * is in the provider's bin is `missing` where deletions there are not followed.
 *
 * @returns the failure, where the provider failed
 */
export async function fetchRecords(
  work: LaneWork,
  route: LoadedRoute,
  externalIds: readonly string[],
): Promise<readonly (ExternalChange | 'missing' | undefined)[] | AdapterFailure> {
  const { adapter, call } = work;
  const { fetchSize } = describeObject(work, route);
  if (adapter.fetch === undefined || fetchSize === 0) return externalIds.map(() => undefined);
  const ids = [...new Set(externalIds)];
  const found = new Map<string, ExternalChange | 'missing'>();
  try {
    for (let start = 0; start < ids.length; start += fetchSize) {
      const some = ids.slice(start, start + fetchSize);
      const records = await adapter.fetch(call, { object: route.planned.object, externalIds: some });
      for (const [index, id] of some.entries()) {
        const record = records[index];
        const isGone = record?.kind === 'change' && record.change.deleted && !route.mirrors;
        if (record?.kind === 'change' && !isGone) found.set(id, record.change);
        else if (isGone || record?.kind === 'missing') found.set(id, 'missing');
      }
    }
  } catch (error) {
    if (error instanceof AdapterFailure) return error;
    throw error;
  }
  return externalIds.map((id) => found.get(id));
}
