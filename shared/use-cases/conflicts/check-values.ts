import type { FieldError } from '../../contracts/problem.ts';
import { AppError } from '../../core/app-error.ts';
import { canonicalText } from '../../core/canonical.ts';
import type { ConflictDocument } from '../../core/documents/conflict.ts';
import { setPath } from '../../core/identity/survivorship.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { isTooLarge } from '../../core/observation.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { compileValidator } from '../../core/shard-types/compile-validator.ts';
import { findShardType, readShardTypeSchema } from '../find-shard-type.ts';
import { findHeldShard } from './find-held-shard.ts';

interface GivenField {
  readonly field: string;
  readonly take: 'ours' | 'theirs' | 'value';
  readonly value?: unknown;
}

/** Refuses values that a person gives, where they do not fit the shard type. Throws `invalid-request` naming the value. */
export async function checkValues(
  deps: Pick<Deps, 'shards' | 'links' | 'shardTypes' | 'shardTypeContents'>,
  scope: Scope,
  conflict: ConflictDocument,
  given: readonly GivenField[],
): Promise<void> {
  const values = given.flatMap(({ field, take, value }, index) => (take === 'value' ? [{ field, value, index }] : []));
  if (values.length === 0) return;
  const stored = await findHeldShard(deps, scope, conflict);
  const data = structuredClone(stored?.document.data ?? {}) as JsonObject;
  for (const { field, value } of values) setPath(data, field.split('.'), value as Json);
  const refuse = (index: number, message: string): FieldError => ({
    in: 'body',
    field: `/fields/${index}/value`,
    message,
  });
  if (isTooLarge(canonicalText(data))) {
    throw new AppError('invalid-request', { errors: values.map(({ index }) => refuse(index, 'is too large')) });
  }
  const type = await findShardType(deps, scope, conflict.shardTypeId);
  if (type === undefined) return;
  const validate = await compileValidator(await readShardTypeSchema(deps, scope, type.id, type.contentId));
  const errors = validate(data, true).flatMap((error) =>
    values.flatMap(({ field, index }) => (isWithin(error.field, field) ? [refuse(index, error.message)] : [])),
  );
  if (errors.length > 0) throw new AppError('invalid-request', { errors });
}

/** What stands elsewhere in the shard is not this decision's. */
function isWithin(wrong: string, field: string): boolean {
  return wrong === field || wrong.startsWith(`${field}.`) || field.startsWith(`${wrong}.`);
}
