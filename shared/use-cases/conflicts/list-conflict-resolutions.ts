import type { listConflictResolutions as route } from '../../contracts/conflicts.ts';
import { describeResolution } from '../../core/conflicts/describe-conflict.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { listPage } from '../list-page.ts';

/** Decisions about many conflicts, newest first. */
export async function listConflictResolutions(
  deps: Pick<Deps, 'conflictResolutions'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const body = await listPage({
    list: 'conflict-resolutions',
    asked: {},
    page: query,
    read: (range) => deps.conflictResolutions.list(scope, { filters: [], order: 'descending', ...range }),
    describe: describeResolution,
  });
  return { body };
}
