import type { MappingTarget } from '../../contracts/mapping.ts';
import type { ExternalChange } from '../adapter.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ValidateShard } from '../shard-types/compile-validator.ts';
import { compileCondition } from './compile-condition.ts';
import { type ApplyRules, compileRules } from './compile-rules.ts';
import type { Compilation } from './compile-transforms.ts';
import { type AnswerQuestions, Deferral } from './deferral.ts';
import { InvalidMapping } from './invalid-mapping.ts';
import { loadLibraries } from './libraries.ts';
import type { ConversionError } from './rule.ts';
import { compileSourcePath, type ReadPath } from './source-path.ts';

/** What a link and a shard's source must know of the mapping that feeds them. */
export interface Feed {
  /** The link's object: the provider's, with the target's name where one record feeds several shards. */
  readonly object: string;
  /** The target's name, where it has one. */
  readonly target?: string;
  readonly shardTypeId: string;
  /** Its shards go by external ids of their own, not by the record's. */
  readonly derived?: true;
  /** The shard paths that the mapping owns. */
  readonly paths: readonly (readonly string[])[];
}

/** One shard that a record feeds, or why it does not. */
export type Converted =
  | {
      readonly ok: true;
      readonly feed: Feed;
      readonly externalId: string;
      readonly deleted: boolean;
      readonly data: JsonObject;
    }
  | {
      readonly ok: false;
      readonly feed: Feed;
      readonly externalId: string;
      readonly errors: readonly ConversionError[];
    };

/** A mapping made ready for many records. */
export interface Converter {
  /** Changes whenever the mapping would convert differently; part of every link's hash. */
  readonly version: string;
  readonly feeds: readonly Feed[];
  /** What each change feeds, in the order of the changes; nothing, where no target is meant for it. */
  convert(changes: readonly Source[], answer: AnswerQuestions): Promise<readonly (readonly Converted[])[]>;
}

type Source = Pick<ExternalChange, 'externalId' | 'deleted' | 'record'>;

export interface Mapping {
  readonly object: string;
  readonly targets: readonly MappingTarget[];
  readonly version: string;
  /** By shard type. A type that is not there is not validated. */
  readonly validators: ReadonlyMap<string, ValidateShard>;
}

/** @throws InvalidMapping naming everything that can never work */
export async function compileSchema(mapping: Mapping): Promise<Converter> {
  const compilation: Compilation = { libraries: await loadLibraries(mapping.targets), problems: [], asks: false };
  const targets = mapping.targets.map((target, index) => compileTarget(compilation, mapping, target, index));
  if (compilation.problems.length > 0) throw new InvalidMapping(compilation.problems);
  return {
    version: mapping.version,
    feeds: targets.map(({ feed }) => feed),
    convert: async (changes, answer) => {
      const asking = new Deferral();
      if (compilation.asks) for (const change of changes) convertChange(targets, change, asking);
      const answered = new Deferral(asking.questions.length === 0 ? [] : await answer(asking.questions));
      return changes.map((change) => convertChange(targets, change, answered));
    },
  };
}

interface CompiledTarget {
  readonly feed: Feed;
  readonly holds: ((item: Json) => boolean) | undefined;
  readonly readItems: ReadPath | undefined;
  readonly readId: ReadPath | undefined;
  readonly apply: ApplyRules;
  readonly validate: (data: JsonObject, errors: ConversionError[]) => void;
}

function compileTarget(
  compilation: Compilation,
  { object, validators }: Mapping,
  target: MappingTarget,
  index: number,
): CompiledTarget {
  const validate = validators.get(target.shardTypeId);
  return {
    feed: {
      ...(target.name === undefined ? { object } : { object: `${object}#${target.name}`, target: target.name }),
      shardTypeId: target.shardTypeId,
      ...(target.externalId === undefined && target.each === undefined ? {} : { derived: true as const }),
      paths: [...new Set(target.fields.map((field) => field.to))].map((path) => path.split('.')),
    },
    holds: compileCondition(compilation, target.when, [index, 'when']),
    readItems: target.each === undefined ? undefined : compileSourcePath(target.each),
    readId: target.externalId === undefined ? undefined : compileSourcePath(target.externalId),
    apply: compileRules(compilation, target.fields, [index, 'fields']),
    validate: (data, errors) => {
      if (validate !== undefined && errors.length === 0) errors.push(...validate(data, target.partial));
    },
  };
}

function convertChange(targets: readonly CompiledTarget[], change: Source, deferral: Deferral): Converted[] {
  const converted: Converted[] = [];
  for (const target of targets) {
    if (change.deleted) {
      // Which shards with ids of their own a deleted record fed is no longer known: those stay.
      if (target.readId === undefined) {
        converted.push({ ok: true, feed: target.feed, externalId: change.externalId, deleted: true, data: {} });
      }
      continue;
    }
    for (const item of itemsOf(target, change.record)) {
      if (target.holds?.(item) === false) continue;
      converted.push(convertItem(target, change, item, deferral));
    }
  }
  return converted;
}

function itemsOf({ readItems }: CompiledTarget, record: JsonObject): readonly Json[] {
  if (readItems === undefined) return [record];
  const items = readItems(record);
  return Array.isArray(items) ? items : [];
}

function convertItem(target: CompiledTarget, change: Source, item: Json, deferral: Deferral): Converted {
  const { feed } = target;
  const errors: ConversionError[] = [];
  const data: JsonObject = {};
  const frame = {
    record: change.record,
    item: target.readItems === undefined ? undefined : item,
    deferral,
    errors,
  };
  target.apply(item, frame, data, errors, '');
  const externalId = target.readId === undefined ? change.externalId : textOf(target.readId(item));
  if (externalId === undefined) errors.push({ field: '', message: 'The record has no id for this shard.' });
  if (!deferral.isAsking) target.validate(data, errors);
  if (errors.length > 0) return { ok: false, feed, externalId: externalId ?? change.externalId, errors };
  return { ok: true, feed, externalId: externalId ?? '', deleted: false, data };
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value);
  return undefined;
}
