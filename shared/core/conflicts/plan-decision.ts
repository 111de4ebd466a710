import type { ConflictSettings } from '../../contracts/conflict-policy.ts';
import type { FieldError } from '../../contracts/problem.ts';
import { AppError } from '../app-error.ts';
import type { ConflictDocument, DecisionDocument } from '../documents/conflict.ts';
import type { ConflictResolutionDocument } from '../documents/conflict-resolution.ts';
import type { TaskDocument } from '../documents/task.ts';

/** What a person says about a conflict. */
export interface AskedDecision {
  readonly fields?:
    | readonly {
        readonly field: string;
        readonly take: 'ours' | 'theirs' | 'value';
        readonly version?: string | undefined;
      }[]
    | undefined;
  readonly deletion?: 'keep' | 'delete' | undefined;
  readonly rule: boolean;
}

/**
 * Refuses a decision that is not one about all of this conflict, or about values that have changed since they were seen.
 *
 * @throws AppError `invalid-request`, `conflict-changed` naming the fields
 */
export function checkDecision(conflict: ConflictDocument, asked: AskedDecision): void {
  const errors = conflict.about === 'deletion' ? refuseForDeletion(asked) : refuseForFields(conflict, asked);
  if (asked.rule) errors.push(...refuseRule(conflict, asked));
  if (errors.length > 0) throw new AppError('invalid-request', { errors });
  const changed = (asked.fields ?? []).flatMap(({ field, version }, index): FieldError[] =>
    version === undefined || version === conflict.fields[field]?.version
      ? []
      : [refuse(`/fields/${index}/version`, `ours or theirs of "${field}" has changed since`)],
  );
  if (changed.length > 0) throw new AppError('conflict-changed', { errors: changed });
}

function refuseForDeletion({ fields, deletion }: AskedDecision): FieldError[] {
  if (fields !== undefined) return [refuse('/fields', 'must not be given: the record was deleted on one side')];
  return deletion === undefined ? [refuse('/deletion', 'must be given: the record was deleted on one side')] : [];
}

function refuseForFields({ fields }: ConflictDocument, asked: AskedDecision): FieldError[] {
  if (asked.deletion !== undefined) return [refuse('/deletion', 'must not be given: the record was not deleted')];
  const given = new Set((asked.fields ?? []).map(({ field }) => field));
  return [
    ...(asked.fields ?? []).flatMap(({ field }, index) =>
      Object.hasOwn(fields, field) ? [] : [refuse(`/fields/${index}/field`, 'is not in conflict')],
    ),
    ...Object.keys(fields).flatMap((field) =>
      given.has(field) ? [] : [refuse('/fields', `must decide about "${field}" as well`)],
    ),
  ];
}

function refuseRule({ about, taskId }: ConflictDocument, { fields = [] }: AskedDecision): FieldError[] {
  if (about === 'deletion') return [refuse('/rule', 'must be false: there are rules for fields only')];
  if (taskId === undefined) return [refuse('/rule', 'must be false: no task pushes there any more')];
  return fields.some(({ take }) => take === 'value') ? [refuse('/rule', 'must be false where a value is given')] : [];
}

function refuse(field: string, message: string): FieldError {
  return { in: 'body', field, message };
}

/** What the fields' policies are before the decision becomes the rule. */
export function ruleOf(
  fields: DecisionDocument['fields'],
  task: Pick<TaskDocument, 'conflicts'> | undefined,
): NonNullable<DecisionDocument['rule']> {
  const policies = task?.conflicts.fields ?? {};
  return { before: Object.fromEntries(Object.keys(fields).map((field) => [field, policies[field] ?? null])) };
}

/** What the task's settings decide when nobody has. */
export function deadlineDecision(
  conflict: ConflictDocument,
  onDeadline: ConflictSettings['onDeadline'],
  now: string,
): DecisionDocument {
  const take = onDeadline === 'internal_wins' ? 'ours' : 'theirs';
  const { about, deleted, decisions } = conflict;
  const decision = { number: decisions + 1, by: 'deadline', actorId: 'deadline', at: now } as const;
  if (about === 'fields') return { ...decision, fields: takeAll(conflict, take) };
  const isDeleted = (deleted?.where === 'here') === (take === 'ours');
  return { ...decision, fields: {}, deletion: isDeleted ? 'delete' : 'keep' };
}

function takeAll({ fields }: Pick<ConflictDocument, 'fields'>, take: 'ours' | 'theirs'): DecisionDocument['fields'] {
  return Object.fromEntries(Object.keys(fields).map((field) => [field, { take }]));
}

/** What a bulk resolution says about one conflict; the reason where it says nothing that fits. */
export function decisionOfResolution(
  conflict: ConflictDocument,
  { id, decision, actor }: Pick<ConflictResolutionDocument, 'id' | 'decision' | 'actor'>,
  now: string,
): DecisionDocument | { readonly reason: string } {
  const { take, fields, deletion, rule } = decision;
  const base = {
    number: conflict.decisions + 1,
    by: 'resolution',
    actorId: actor.id,
    at: now,
    resolutionId: id,
  } as const;
  if (conflict.about === 'deletion') {
    if (deletion === undefined) return { reason: 'The record was deleted on one side.' };
    return rule ? { reason: 'There are rules for fields only.' } : { ...base, fields: {}, deletion };
  }
  if (deletion !== undefined) return { reason: 'The record was not deleted.' };
  if (rule && conflict.taskId === undefined) return { reason: 'No task pushes there any more.' };
  if (take !== undefined) return { ...base, fields: takeAll(conflict, take) };
  const names = Object.keys(conflict.fields);
  const isSame =
    names.length === Object.keys(fields ?? {}).length && names.every((name) => fields?.[name] !== undefined);
  if (!isSame) return { reason: 'It is about other fields.' };
  return { ...base, fields: Object.fromEntries(names.map((name) => [name, { take: fields?.[name] ?? 'ours' }])) };
}
