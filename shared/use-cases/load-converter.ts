import { type Converter, compileSchema } from '../core/conversion/compile-schema.ts';
import type { PlannedObject } from '../core/documents/conversion.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { compileValidator, type ValidateShard } from '../core/shard-types/compile-validator.ts';
import { readTargets } from './find-conversion-schema.ts';
import { readShardTypeSchema } from './find-shard-type.ts';

type Needs = Pick<Deps, 'conversionContents' | 'shardTypeContents'>;

/** Makes a run's frozen mapping ready for its records. Throws AppError `not-found` when a version that it names was removed. */
export async function loadConverter(deps: Needs, scope: Scope, planned: PlannedObject): Promise<Converter> {
  const { object, conversionSchema, mappingVersion: version } = planned;
  const [targets, validators] = await Promise.all([
    conversionSchema === undefined
      ? (planned.targets ?? [])
      : readTargets(deps, scope, conversionSchema.id, conversionSchema.contentId),
    loadValidators(deps, scope, planned.shardTypes),
  ]);
  return compileSchema({ object, targets, version, validators });
}

/** @param shardTypes content of each shard type */
export async function loadValidators(
  deps: Pick<Deps, 'shardTypeContents'>,
  scope: Scope,
  shardTypes: Readonly<Record<string, string>>,
): Promise<Map<string, ValidateShard>> {
  const validators = await Promise.all(
    Object.entries(shardTypes).map(
      async ([id, contentId]): Promise<[string, ValidateShard]> => [
        id,
        await validatorOf(contentId, () => readShardTypeSchema(deps, scope, id, contentId)),
      ],
    ),
  );
  return new Map(validators);
}

/** Compiled by what they say, so that no tenant ever gets another's; the oldest go first. */
const compiled = new Map<string, Promise<ValidateShard>>();
const mostCompiled = 200;

async function validatorOf(
  contentId: string,
  read: () => Promise<Parameters<typeof compileValidator>[0]>,
): Promise<ValidateShard> {
  const known = compiled.get(contentId);
  if (known !== undefined) return known;
  const made = read().then(compileValidator);
  compiled.set(contentId, made);
  made.catch(() => compiled.delete(contentId));
  const [oldest] = compiled.keys();
  if (compiled.size > mostCompiled && oldest !== undefined) compiled.delete(oldest);
  return made;
}
