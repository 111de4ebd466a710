import type { FieldRule, MappingTarget } from '../../contracts/mapping.ts';

/** A task's own fields as a conversion schema without a name: there is one way of converting. */
export function inlineTargets(mapping: { shardTypeId: string; fields: FieldRule[] }): MappingTarget[] {
  return [{ shardTypeId: mapping.shardTypeId, fields: mapping.fields, reverse: [], partial: false }];
}
