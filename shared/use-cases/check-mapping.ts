import type { MappingTarget } from '../contracts/mapping.ts';
import type { FieldError } from '../contracts/problem.ts';
import { AppError } from '../core/app-error.ts';
import { compileReverse } from '../core/conversion/compile-reverse.ts';
import { compileSchema } from '../core/conversion/compile-schema.ts';
import { findPrograms, findShardTypeNames } from '../core/conversion/find-programs.ts';
import { InvalidMapping, type MappingProblem } from '../core/conversion/invalid-mapping.ts';
import { pointerOf } from '../core/field-errors.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { findShardTypes } from './find-shard-type.ts';

type Needs = Pick<Deps, 'shardTypes' | 'expressions'>;

/**
 * Everything in a mapping that can never work: transforms and patterns that do not compile, programs that do not parse, shard types that are not
 * there.
 *
 * @param place where the targets are in the request's body
 */
export async function findMappingErrors(
  deps: Needs,
  scope: Scope,
  targets: readonly MappingTarget[],
  place: readonly (string | number)[],
): Promise<FieldError[]> {
  const found = await Promise.all([
    findTypeProblems(deps, scope, targets),
    findProgramProblems(deps, scope, targets),
    findCompileProblems(() => compileSchema({ object: 'object', targets, version: '', validators: new Map() })),
    ...targets.map(async (target, index) =>
      (await findCompileProblems(() => compileReverse(target)))
        .filter(() => target.reverse.length > 0)
        .map(({ message }) => ({ path: [index, 'reverse'], message })),
    ),
  ]);
  return found.flat().map(({ path, message }) => ({ in: 'body', field: pointerOf([...place, ...path]), message }));
}

/** Throws AppError `invalid-request` naming what is wrong below `/targets`. */
export async function checkTargets(deps: Needs, scope: Scope, targets: readonly MappingTarget[]): Promise<void> {
  const errors = await findMappingErrors(deps, scope, targets, ['targets']);
  if (errors.length > 0) throw new AppError('invalid-request', { errors });
}

async function findTypeProblems(
  deps: Needs,
  scope: Scope,
  targets: readonly MappingTarget[],
): Promise<MappingProblem[]> {
  const named = findShardTypeNames(targets);
  const ids = [...new Set(named.map(({ shardTypeId }) => shardTypeId))];
  const known = await findShardTypes(deps, scope, ids);
  const missing = new Set(ids.filter((_id, index) => known[index] === undefined));
  return named
    .filter(({ shardTypeId }) => missing.has(shardTypeId))
    .map(({ path }) => ({ path, message: 'is not a shard type' }));
}

async function findProgramProblems(
  deps: Needs,
  scope: Scope,
  targets: readonly MappingTarget[],
): Promise<MappingProblem[]> {
  const programs = findPrograms(targets);
  const problems = await deps.expressions.check(
    scope,
    programs.map(({ program }) => program),
  );
  return programs.flatMap(({ path }, index) => {
    const message = problems[index];
    return message === undefined ? [] : [{ path, message }];
  });
}

async function findCompileProblems(compile: () => Promise<unknown>): Promise<readonly MappingProblem[]> {
  try {
    await compile();
    return [];
  } catch (error) {
    if (error instanceof InvalidMapping) return error.problems;
    throw error;
  }
}
