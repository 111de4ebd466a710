import type { Json } from '../json.ts';
import type { Compilation } from './compile-transforms.ts';
import type { Deferral, Program } from './deferral.ts';
import type { ConversionError, Rule } from './rule.ts';
import { compileSourcePath } from './source-path.ts';
import { Unreadable } from './unreadable.ts';

/** Where a rule reads: the record, the item of the innermost list, and whom to ask. */
export interface Frame {
  readonly record: Json;
  readonly item: Json | undefined;
  readonly deferral: Deferral;
  readonly errors: ConversionError[];
}

export type Source = (item: Json, frame: Frame) => Json | undefined;

type SourceRule = Partial<Pick<Rule, 'from' | 'constant' | 'template' | 'script' | 'join' | 'lookup'>>;

/** Where a rule's value comes from. The contract has it that there is exactly one. */
export function compileSource(compilation: Pick<Compilation, 'asks'>, rule: SourceRule): Source {
  if (rule.from !== undefined) return compileSourcePath(rule.from);
  if (rule.template !== undefined || rule.script !== undefined || rule.lookup !== undefined) compilation.asks = true;
  if (rule.template !== undefined) return askProgram({ language: 'template', source: rule.template });
  if (rule.script !== undefined) return askProgram({ language: 'script', source: rule.script });
  if (rule.join !== undefined) return joinTexts(rule.join);
  if (rule.lookup !== undefined) return lookUp(rule.lookup);
  const constant = rule.constant as Json;
  return () => constant;
}

function askProgram(program: Program): Source {
  return (_item, { record, item, deferral }) => {
    const answer = deferral.ask({ kind: 'program', program, record, item });
    if (!answer.ok) throw new Unreadable(answer.message);
    return answer.value;
  };
}

function joinTexts({ from, separator }: NonNullable<SourceRule['join']>): Source {
  const reads = from.map(compileSourcePath);
  return (item) => {
    const texts: string[] = [];
    for (const read of reads) {
      const value = read(item);
      if (value === undefined || value === null) continue;
      if (typeof value === 'object') throw new Unreadable('joins a value that is not a text');
      const text = String(value).trim();
      if (text !== '') texts.push(text);
    }
    return texts.length === 0 ? undefined : texts.join(separator);
  };
}

/** Of a list of keys, the list of what they find. */
function lookUp({ from, shardTypeId, object, field, missing }: NonNullable<SourceRule['lookup']>): Source {
  const reserves = missing === 'reserve' || (missing === undefined && object !== undefined);
  const read = compileSourcePath(from);
  return (item, { deferral }) => {
    const given = read(item);
    const keys = (Array.isArray(given) ? given : [given]).filter(isKey);
    if (keys.length === 0) return undefined;
    // All are asked before any answer is looked at: the order of questions must not depend on answers.
    const answers = keys.map((key) => deferral.ask({ kind: 'lookup', shardTypeId, object, field, key, reserves }));
    const found: Json[] = [];
    for (const answer of answers) {
      if (!answer.ok) throw new Unreadable(answer.message);
      if (answer.value !== undefined) found.push(answer.value);
    }
    if (found.length < keys.length && missing === 'fail') throw new Unreadable(`finds no ${shardTypeId}`);
    return Array.isArray(given) ? found : found[0];
  };
}

function isKey(value: Json | undefined): value is string | number | boolean {
  return value !== undefined && value !== null && value !== '' && typeof value !== 'object';
}
