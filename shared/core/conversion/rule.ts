import type { FieldRule } from '../../contracts/mapping.ts';

/** A rule as the contract has it at any depth of lists. */
export type Rule = Omit<FieldRule, 'items'> & {
  readonly items?: { readonly from: string; readonly fields: readonly Rule[] } | undefined;
};

/** What is wrong with one field of a converted record; `message` is a sentence. */
export interface ConversionError {
  /** Path in the shard. */
  readonly field: string;
  readonly message: string;
}
