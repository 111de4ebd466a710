import jsonata from 'jsonata';
import type { Json } from '../core/json.ts';
import { limits, tooDeep, tookTooLong, tooMuchMemory } from './limits.ts';
import { LinearRegExp } from './linear-regexp.ts';
import { Refused } from './refused.ts';

export type Evaluate = (record: Json, item: Json | undefined) => Promise<unknown>;

/** Would make the result depend on when or how often it is asked, or run a text as a program. */
const withheld = ['now', 'millis', 'random', 'shuffle', 'eval'];

/** JSONata looks these up when it begins and ends to evaluate each part of an expression. */
const entry = Symbol.for('jsonata.__evaluate_entry');
const exit = Symbol.for('jsonata.__evaluate_exit');

/**
 * A JSONata expression; `$record` is the whole record where the rule belongs to the item of a list.
 *
 * @throws what JSONata's parser says
 */
export function compileTemplate(source: string): Evaluate {
  const expression = jsonata(source, {
    sequence: limits.templateItems,
    RegexEngine: LinearRegExp as unknown as RegExpConstructor,
  });
  let steps = 0;
  let depth = 0;
  const assign = expression.assign as (name: string | symbol, value: unknown) => void;
  assign(entry, () => {
    steps += 1;
    depth += 1;
    if (depth > limits.templateDepth) throw new Refused(tooDeep);
    if (steps > limits.templateSteps) throw new Refused(tookTooLong);
  });
  assign(exit, () => {
    depth -= 1;
  });
  for (const name of withheld) expression.assign(name, undefined);
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  return async (record, item) => {
    steps = 0;
    depth = 0;
    return await expression.evaluate(item ?? record, { record });
  };
}

/** As JSONata's own, which has no limit. */
function pad(text: string | undefined, width: number, filling = ' '): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > limits.outputLength) throw new Refused(tooMuchMemory);
  const fill = filling === '' ? ' ' : filling;
  const missing = Math.abs(width) - [...text].length;
  if (missing <= 0) return text;
  const padding = [...fill.repeat(Math.ceil(missing / [...fill].length))].slice(0, missing).join('');
  return width > 0 ? text + padding : padding + text;
}
