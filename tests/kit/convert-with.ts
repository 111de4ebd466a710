import type { z } from 'zod';
import { mappingTargets } from '../../shared/contracts/mapping.ts';
import { type Converted, type Converter, compileSchema } from '../../shared/core/conversion/compile-schema.ts';
import type { AnswerQuestions } from '../../shared/core/conversion/deferral.ts';
import type { JsonObject } from '../../shared/core/json.ts';
import { builtInShardTypes } from '../../shared/core/shard-types/built-in.ts';
import { compileValidator, type ValidateShard } from '../../shared/core/shard-types/compile-validator.ts';

export type TargetInput = z.input<typeof mappingTargets>[number];
export type FieldInput = TargetInput['fields'][number];

/** Compiles targets as the API takes them, held to the built-in shard types; other types are not validated unless given. */
export async function compileTargets(
  targets: readonly TargetInput[],
  schemas: Readonly<Record<string, JsonObject>> = {},
): Promise<Converter> {
  const validators = new Map<string, ValidateShard>();
  for (const { id, schema } of builtInShardTypes) {
    if (targets.some((target) => target.shardTypeId === id)) validators.set(id, await compileValidator(schema));
  }
  for (const [id, schema] of Object.entries(schemas)) validators.set(id, await compileValidator(schema));
  return compileSchema({ object: 'people', targets: mappingTargets.parse(targets), version: '1', validators });
}

/** What one record becomes by some fields: its data, or its errors as sentences. */
export async function convertFields(
  record: JsonObject,
  fields: readonly FieldInput[],
  answer: AnswerQuestions = noAnswers,
): Promise<JsonObject | string[]> {
  const [shard] = await convertOne(
    await compileTargets([{ shardTypeId: 'thing', fields: [...fields] }]),
    record,
    answer,
  );
  if (shard === undefined) throw new Error('The record feeds no shard');
  return shard.ok ? shard.data : shard.errors.map((error) => error.message);
}

export async function convertOne(
  converter: Converter,
  record: JsonObject,
  answer: AnswerQuestions = noAnswers,
): Promise<readonly Converted[]> {
  const [shards] = await converter.convert([{ externalId: 'p1', deleted: false, record }], answer);
  return shards ?? [];
}

const noAnswers: AnswerQuestions = async (questions) => {
  throw new Error(`${questions.length} questions were asked`);
};
