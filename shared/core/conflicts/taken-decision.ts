import type { ConflictChoice, ConflictDocument, DecisionDocument } from '../documents/conflict.ts';
import type { Json } from '../json.ts';
import type { ConflictDecision, FieldChoice } from '../two-way/decide-conflict.ts';
import type { FieldBefore, TakenDecision } from '../two-way/undo-decision.ts';
import { keptValue } from './keep-value.ts';

/** A conflict's decision, for the shard. */
export function decisionOf(conflict: Pick<ConflictDocument, 'id'>, decision: DecisionDocument): ConflictDecision {
  return {
    conflictId: conflict.id,
    number: decision.number,
    fields: Object.fromEntries(Object.entries(decision.fields).map(([field, choice]) => [field, choiceOf(choice)])),
    deletion: decision.deletion,
  };
}

function choiceOf({ take, value }: ConflictChoice): FieldChoice {
  return take === 'value' ? { take, value: (value ?? null) as Json } : { take };
}

/** Fields of which a value was too large to be kept: a decision about them cannot be taken back. */
export function unkeptFields({ fields }: Pick<ConflictDocument, 'fields'>): string[] {
  return Object.entries(fields).flatMap(([field, { externalBase, internalBase, ours, theirs }]) =>
    [externalBase, internalBase, ours, theirs].some(({ tooLarge }) => tooLarge !== undefined) ? [field] : [],
  );
}

/** A decision with the values that it was made about. @throws RangeError when one of them was not kept */
export function takenDecisionOf(conflict: ConflictDocument, decision: DecisionDocument): TakenDecision {
  const { deleted } = conflict;
  return {
    ...decisionOf(conflict, decision),
    since: conflict.since,
    before: Object.fromEntries(
      Object.entries(conflict.fields).map(([field, each]): [string, FieldBefore] => [
        field,
        {
          externalBase: keptValue(each.externalBase),
          internalBase: keptValue(each.internalBase),
          ours: keptValue(each.ours),
          theirs: keptValue(each.theirs),
          edit: each.edit,
        },
      ]),
    ),
    deleted:
      deleted === undefined ? undefined : { where: deleted.where, deletion: deleted.deletion, live: deleted.live },
  };
}
