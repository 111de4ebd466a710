import type { MappingTarget } from '../../contracts/mapping.ts';
import { readPath } from '../field-path.ts';
import type { JsonObject } from '../json.ts';
import { sameMeaning } from '../two-way/same-meaning.ts';
import { compileSchema } from './compile-schema.ts';
import type { AnswerQuestions } from './deferral.ts';
import { deriveReverse, type Reverse } from './derive-reverse.ts';
import type { ConversionError } from './rule.ts';

export type Reverted =
  | { readonly ok: true; readonly record: JsonObject }
  | { readonly ok: false; readonly errors: readonly ConversionError[] };

export interface Reverter extends Pick<Reverse, 'covered' | 'notInvertible'> {
  /**
   * The provider's records of shards, in their order. Each is converted again before it is given: one that would come back otherwise is an error, never
   * a write that changes the shard by an echo.
   */
  revert(shards: readonly JsonObject[], answer: AnswerQuestions): Promise<readonly Reverted[]>;
}

/** @throws InvalidMapping */
export async function compileReverse(target: MappingTarget): Promise<Reverter> {
  const { rules, covered, notInvertible } = deriveReverse(target);
  const isCovered = new Set(covered);
  const plain = { shardTypeId: target.shardTypeId, reverse: [], partial: true };
  const compile = (fields: MappingTarget['fields']) =>
    compileSchema({ object: 'record', targets: [{ ...plain, fields }], version: '', validators: new Map() });
  const [backward, forward] = await Promise.all([
    compile(rules as MappingTarget['fields']),
    compile(target.fields.filter((rule) => isCovered.has(rule.to))),
  ]);
  const paths = covered.map((field) => ({ field, path: field.split('.') }));
  return {
    covered,
    notInvertible,
    revert: async (shards, answer) => {
      const written = await backward.convert(shards.map(asChange), answer);
      const records = written.map(([one]) => (one?.ok === true ? one.data : undefined));
      const again = await forward.convert(
        records.map((record) => asChange(record ?? {})),
        answer,
      );
      return shards.map((data, index): Reverted => {
        const [one] = written[index] ?? [];
        if (one?.ok === false) return { ok: false, errors: one.errors };
        const [back] = again[index] ?? [];
        if (back?.ok === false) return { ok: false, errors: back.errors };
        const seen = back?.data ?? {};
        const errors = paths
          .filter(({ path }) => !sameMeaning(readPath(data, path), readPath(seen, path)))
          .map(({ field }) => ({ field, message: `Field "${field}" would come back otherwise than it is written.` }));
        return errors.length > 0 ? { ok: false, errors } : { ok: true, record: records[index] ?? {} };
      });
    },
  };
}

function asChange(record: JsonObject) {
  return { externalId: '', deleted: false, record };
}
