import type { FieldError } from '../../contracts/problem.ts';
import { AppError } from '../../core/app-error.ts';
import { pointerOf } from '../../core/field-errors.ts';
import { findUnkeepable } from '../../core/find-unkeepable.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { compileValidator, type ValidateShard } from '../../core/shard-types/compile-validator.ts';
import { findShardType, readShardTypeSchema } from '../find-shard-type.ts';

/**
 * Refuses what is given of a shard's data where its type does not allow what comes of it, or where it cannot be kept. What did not fit before, and is not touched, is nobody's mistake now.
 *
 * @throws AppError `invalid-request`, naming each field below `/data`
 */
export async function checkData(
  deps: Pick<Deps, 'shardTypes' | 'shardTypeContents'>,
  scope: Scope,
  shardTypeId: string,
  {
    given,
    after = given,
    before,
  }: { readonly given: JsonObject; readonly after?: JsonObject; readonly before?: JsonObject },
): Promise<void> {
  const type = await findShardType(deps, scope, shardTypeId);
  if (type === undefined) refuse([{ in: 'body', field: '/shardTypeId', message: 'is not a shard type' }]);
  const unkeepable = findUnkeepable(given, after);
  if (unkeepable !== undefined) {
    refuse([{ in: 'body', field: pointerOf(['data', ...unkeepable.path]), message: unkeepable.message }]);
  }
  const schema = await readShardTypeSchema(deps, scope, type.id, type.contentId);
  const validate = await validatorOf(schema, type.contentId);
  const known = new Set(before === undefined ? [] : validate(before, false).map(textOf));
  const errors = validate(after, false).filter((error) => !known.has(textOf(error)));
  if (errors.length === 0) return;
  refuse(
    errors.map(({ field, message }) => ({
      in: 'body',
      field: pointerOf(['data', ...field.split('.').filter((part) => part !== '')]),
      message,
    })),
  );
}

/** Compiling takes longer than all else that a request does. A schema is named by what it says, so it is the same for every tenant. */
const compiled = new Map<string, Promise<ValidateShard>>();
const mostCompiled = 64;

function validatorOf(schema: JsonObject, contentId: string): Promise<ValidateShard> {
  const known = compiled.get(contentId);
  if (known !== undefined) return known;
  if (compiled.size === mostCompiled) compiled.clear();
  const validator = compileValidator(schema);
  compiled.set(contentId, validator);
  validator.catch(() => compiled.delete(contentId));
  return validator;
}

function textOf({ field, message }: { readonly field: string; readonly message: string }): string {
  return `${field} ${message}`;
}

function refuse(errors: readonly FieldError[]): never {
  throw new AppError('invalid-request', { errors });
}
