import type { checkShardType as route } from '../contracts/shard-types.ts';
import { canonicalText, shortHash } from '../core/canonical.ts';
import { decodeCursor, encodeCursor } from '../core/cursor.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { compileValidator } from '../core/shard-types/compile-validator.ts';
import { readShardTypeSchema, requireShardType } from './find-shard-type.ts';
import { equalFilters } from './list-page.ts';
import { requireSchema } from './store-shard-type-schema.ts';

/** Shards that one request looks at, and that one read brings. */
const mostChecked = 1000;
const batchSize = 200;

/** Which active shards would not fit a schema, whole. Throws `not-found`, `invalid-request`. */
export async function checkShardType(
  deps: Pick<Deps, 'shardTypes' | 'shardTypeContents' | 'shards'>,
  scope: Scope,
  { params, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const type = await requireShardType(deps, scope, params.shardTypeId);
  const schema =
    body.schema === undefined
      ? await readShardTypeSchema(deps, scope, type.id, type.contentId)
      : await requireSchema(body.schema);
  const validate = await compileValidator(schema);
  const asked = { shardTypeId: type.id, schema: shortHash(canonicalText(schema)) };
  let afterId = body.cursor === undefined ? undefined : decodeCursor(body.cursor, 'shard-type-check', asked);
  let checked = 0;
  const unfit: OutputOf<typeof route>['body']['unfit'] = [];
  while (checked < mostChecked) {
    const shards = await deps.shards.list(scope, {
      filters: equalFilters({ shardTypeId: type.id, status: 'active' }),
      order: 'ascending',
      limit: batchSize,
      afterId,
    });
    for (const { document } of shards) {
      const errors = validate(document.data, false);
      if (errors.length > 0) unfit.push({ shardId: document.id, errors });
    }
    checked += shards.length;
    afterId = shards.at(-1)?.document.id;
    if (shards.length < batchSize || afterId === undefined) return { body: { checked, unfit } };
  }
  const nextCursor = afterId === undefined ? undefined : encodeCursor(afterId, 'shard-type-check', asked);
  return { body: { checked, unfit, nextCursor } };
}
