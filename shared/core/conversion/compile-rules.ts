import { writePath } from '../field-path.ts';
import type { Json, JsonObject } from '../json.ts';
import { compileCondition } from './compile-condition.ts';
import { compileSource, type Frame, type Source } from './compile-source.ts';
import { type Compilation, compileTransforms } from './compile-transforms.ts';
import type { ConversionError, Rule } from './rule.ts';
import { Unreadable } from './unreadable.ts';

/** Writes the fields of one record, or of one item of a list, into `data`. */
export type ApplyRules = (
  item: Json,
  frame: Frame,
  data: JsonObject,
  errors: ConversionError[],
  prefix: string,
) => void;

interface CompiledRule {
  readonly label: string;
  readonly required: boolean;
  readonly holds: ((item: Json) => boolean) | undefined;
  readonly read: Source;
  readonly finish: (value: Json | undefined) => Json | undefined;
}

/** Rules for the same field are alternatives, wherever they stand; fields come in the order of their first rule. */
export function compileRules(
  compilation: Compilation,
  rules: readonly Rule[],
  place: readonly (string | number)[],
): ApplyRules {
  const byField = new Map<string, CompiledRule[]>();
  for (const [index, rule] of rules.entries()) {
    const compiled = compileRule(compilation, rule, [...place, index]);
    byField.set(rule.to, [...(byField.get(rule.to) ?? []), compiled]);
  }
  const fields = [...byField].map(([to, alternatives]) => compileField(to, alternatives));
  return (item, frame, data, errors, prefix) => {
    for (const apply of fields) apply(item, frame, data, errors, prefix);
  };
}

function compileRule(compilation: Compilation, rule: Rule, place: readonly (string | number)[]): CompiledRule {
  const transform = compileTransforms(compilation, rule.transforms, [...place, 'transforms']);
  const fallback = rule.default as Json | undefined;
  const { items } = rule;
  return {
    label: rule.from ?? items?.from ?? rule.to,
    required: rule.required,
    holds: compileCondition(compilation, rule.when, [...place, 'when']),
    read:
      items === undefined
        ? compileSource(compilation, rule)
        : compileItems(
            rule.to,
            compileSource(compilation, { from: items.from }),
            compileRules(compilation, items.fields, [...place, 'items', 'fields']),
          ),
    finish:
      fallback === undefined
        ? transform
        : (value) => {
            const changed = transform(value);
            return changed === undefined || changed === null ? fallback : changed;
          },
  };
}

/** An object for each item. What is wrong with an item is reported under its place in the list. */
function compileItems(to: string, readList: Source, apply: ApplyRules): Source {
  return (item, frame) => {
    const list = readList(item, frame);
    if (list === undefined || list === null) return list;
    if (!Array.isArray(list)) throw new Unreadable('is not a list');
    return list.map((each, index) => {
      const data: JsonObject = {};
      apply(each, { ...frame, item: each }, data, frame.errors, `${to}.${index}.`);
      return data;
    });
  };
}

/** What the alternatives of one field have come to so far. */
interface Found {
  value: Json | undefined;
  failure: string | undefined;
  /** What a rule that asks for a value reads. */
  required: string | undefined;
}

function compileField(to: string, alternatives: readonly CompiledRule[]): ApplyRules {
  const path = to.split('.');
  const [only] = path;
  const write =
    only !== undefined && path.length === 1
      ? (data: JsonObject, value: Json) => {
          data[only] = value;
        }
      : (data: JsonObject, value: Json) => writePath(data, path, value);
  return (item, frame, data, errors, prefix) => {
    const found: Found = { value: undefined, failure: undefined, required: undefined };
    for (const rule of alternatives) tryRule(rule, item, frame, found);
    const { value, required } = found;
    const isMissing = value === undefined || value === null || value === '';
    const message =
      found.failure ??
      (required !== undefined && isMissing ? `Required field "${required}" is missing or empty.` : undefined);
    if (message !== undefined) errors.push({ field: prefix + to, message });
    else if (value !== undefined) write(data, value);
  };
}

/** `null` is a value only where no alternative has another. */
function tryRule(rule: CompiledRule, item: Json, frame: Frame, found: Found): void {
  if (rule.holds?.(item) === false) return;
  if (rule.required) found.required ??= rule.label;
  const isDecided = found.failure !== undefined || (found.value !== undefined && found.value !== null);
  try {
    // Read even when it is decided: every question must be asked each time.
    const read = rule.read(item, frame);
    const value = isDecided ? undefined : rule.finish(read);
    if (value !== undefined) found.value = value;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (!isDecided) found.failure = `Field "${rule.label}" ${error.message}.`;
  }
}
