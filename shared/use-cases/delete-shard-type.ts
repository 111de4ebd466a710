import type { deleteShardType as route } from '../contracts/shard-types.ts';
import { AppError } from '../core/app-error.ts';
import { findShardTypeNames } from '../core/conversion/find-programs.ts';
import { inlineTargets } from '../core/conversion/inline-targets.ts';
import { shardTypeEtag } from '../core/describe-shard-type.ts';
import { contentKey, shardTypeKey } from '../core/documents/conversion.ts';
import { matchRulesId } from '../core/documents/match-rules.ts';
import { isMatch } from '../core/etag.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { requireShardType } from './find-shard-type.ts';
import { recordAudit } from './record-audit.ts';
import { findTaskOf } from './visit-tasks.ts';

type Needs = Pick<
  Deps,
  | 'shardTypes'
  | 'shardTypeContents'
  | 'conversionContents'
  | 'matchRules'
  | 'tasks'
  | 'shards'
  | 'audit'
  | 'newId'
  | 'now'
>;

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

/** How many contents are looked at in one read. */
const batchSize = 100;

/** Removes a shard type that nothing uses, or what the tenant made of a built-in one. Throws `not-found`, `precondition-failed`, `in-use`. */
export async function deleteShardType(
  deps: Needs,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  try {
    await remove(deps, scope, input);
  } catch (error) {
    if (!(input.attempt.repeated && error instanceof AppError && error.code === 'not-found')) throw error;
  }
  await recordAudit(deps, scope, { action: 'shard-type.deleted', subject: input.params.shardTypeId });
  return { body: undefined };
}

async function remove(deps: Needs, scope: Scope, { params, ifMatch }: InputOf<typeof route>): Promise<void> {
  const id = params.shardTypeId;
  for (let turn = 0; turn < maximumTries; turn += 1) {
    const type = await requireShardType(deps, scope, id);
    if (!isMatch(ifMatch, shardTypeEtag(type))) throw new AppError('precondition-failed');
    if (type.stored === undefined) throw new AppError('in-use', { detail: 'It is built in.' });
    const user = type.builtIn === undefined ? await findUser(deps, scope, id) : undefined;
    if (user !== undefined) throw new AppError('in-use', { detail: `It is used by ${user}.` });
    const { document, etag } = type.stored;
    if ((await deps.shardTypes.remove(scope, { id: document.id }, etag)) !== 'removed') continue;
    for (const contentId of new Set(document.versions.map((entry) => entry.contentId))) {
      await deps.shardTypeContents.remove(scope, { id: contentKey(shardTypeKey(id), contentId) });
    }
    return;
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}

async function findUser(deps: Needs, scope: Scope, id: string): Promise<string | undefined> {
  const shards = await deps.shards.list(scope, {
    filters: [{ field: 'shardTypeId', is: 'equal', value: id }],
    order: 'ascending',
    limit: 1,
  });
  if (shards.length > 0) return 'shards';
  if ((await deps.matchRules.get(scope, { id: matchRulesId(id) })) !== undefined) return 'match rules';
  const task = await findTaskOf(deps, scope, undefined, (object) =>
    'fields' in object ? findShardTypeNames(inlineTargets(object)).some((named) => named.shardTypeId === id) : false,
  );
  if (task !== undefined) return `the task "${task.name}"`;
  let afterId: string | undefined;
  for (;;) {
    const contents = await deps.conversionContents.list(scope, {
      filters: [],
      order: 'ascending',
      limit: batchSize,
      afterId,
    });
    const user = contents.find(({ document }) =>
      findShardTypeNames(document.targets).some((named) => named.shardTypeId === id),
    );
    if (user !== undefined) return `the conversion schema ${user.document.ownerId}`;
    afterId = contents.at(-1)?.document.id;
    if (contents.length < batchSize) return undefined;
  }
}
