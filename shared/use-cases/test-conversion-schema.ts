import type { testConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { compileReverse } from '../core/conversion/compile-reverse.ts';
import type { Converted } from '../core/conversion/compile-schema.ts';
import type { AnswerQuestions } from '../core/conversion/deferral.ts';
import type { JsonObject } from '../core/json.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { answerQuestions } from './answer-questions.ts';
import { findConversionSchema } from './find-conversion-schema.ts';
import { findTriedTargets, type Tried, targetOf } from './find-tried-targets.ts';

type Needs = Pick<
  Deps,
  | 'conversionSchemas'
  | 'conversionContents'
  | 'shardTypes'
  | 'shardTypeContents'
  | 'expressions'
  | 'links'
  | 'shards'
  | 'newId'
>;

type Shard = OutputOf<typeof route>['body']['results'][number]['shards'][number];

/** Converts samples, and what they become back again. Nothing is written. Throws `not-found`, `invalid-request`. */
export async function testConversionSchema(
  deps: Needs,
  scope: Scope,
  { params, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findConversionSchema(deps, scope, params);
  const tried = await findTriedTargets(deps, scope, document, body);
  const answer = answerQuestions(deps, scope, params.integrationId);
  const changes = body.samples.map((record, index) => ({
    externalId: `sample-${index}`,
    deleted: false,
    record: record as JsonObject,
  }));
  const converted = await tried.converter.convert(changes, answer);
  const results = await Promise.all(
    converted.map(async (shards, sample) => ({
      sample,
      shards: await Promise.all(shards.map((shard) => describeShard(tried, shard, answer))),
    })),
  );
  return { body: { results } };
}

async function describeShard(tried: Tried, shard: Converted, answer: AnswerQuestions): Promise<Shard> {
  const target = targetOf(tried, shard.feed);
  const common = { shardTypeId: target.shardTypeId, name: target.name, externalId: shard.externalId };
  if (!shard.ok) return { ...common, errors: [...shard.errors] };
  const reverter = await compileReverse(target);
  const [back] = await reverter.revert([shard.data], answer);
  const reverted = back?.ok === true ? { record: back.record, errors: [] } : { errors: [...(back?.errors ?? [])] };
  return { ...common, data: shard.data, errors: [], reverted };
}
