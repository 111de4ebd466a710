import { AdapterFailure, type ExternalChange } from '../../core/adapter.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { describeObject, type LaneWork } from './lane-work.ts';

/**
 * Reads records by id, in the order of the ids. `undefined` for what cannot be read: the provider has no such call, or the record cannot be taken.
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
        if (record?.kind === 'change') found.set(id, record.change);
        else if (record?.kind === 'missing') found.set(id, 'missing');
      }
    }
  } catch (error) {
    if (error instanceof AdapterFailure) return error;
    throw error;
  }
  return externalIds.map((id) => found.get(id));
}
