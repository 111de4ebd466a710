import type { ConflictPolicy } from '../../contracts/conflict-policy.ts';
import { sameValue } from '../../core/canonical.ts';
import type { ConflictDocument, DecisionDocument } from '../../core/documents/conflict.ts';
import type { TaskDocument } from '../../core/documents/task.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { recordAudit } from '../record-audit.ts';

type Needs = Pick<Deps, 'tasks' | 'audit' | 'newId' | 'now'>;
type Fields = TaskDocument['conflicts']['fields'];

/** The policy that decides as a person did. */
export function policyOfChoice(take: 'ours' | 'theirs'): ConflictPolicy {
  return take === 'ours' ? 'internal_wins' : 'external_wins';
}

/** Makes a decision the rule of its task for the fields that it was about; one that is the rule already changes nothing. */
export async function makeRule(
  deps: Needs,
  scope: Scope,
  conflict: Pick<ConflictDocument, 'id' | 'taskId'>,
  { fields, rule }: Pick<DecisionDocument, 'fields' | 'rule'>,
): Promise<void> {
  if (rule === undefined) return;
  await changeFields(deps, scope, conflict, (policies) => {
    const made = Object.entries(fields).flatMap(([field, { take }]) =>
      take === 'value' ? [] : [[field, policyOfChoice(take)] as const],
    );
    return { ...policies, ...Object.fromEntries(made) };
  });
}

/** Gives the fields the policies back that they had, where they still have the decision's. */
export async function unmakeRule(
  deps: Needs,
  scope: Scope,
  conflict: Pick<ConflictDocument, 'id' | 'taskId'>,
  decision: Pick<DecisionDocument, 'fields' | 'rule'>,
): Promise<void> {
  await exchange(deps, scope, conflict, decision, (made, before) => ({ from: made, to: before }));
}

/** Gives the fields the decision's policies again, where they have what they had before it: it stands after all. */
export async function keepRule(
  deps: Needs,
  scope: Scope,
  conflict: Pick<ConflictDocument, 'id' | 'taskId'>,
  decision: Pick<DecisionDocument, 'fields' | 'rule'>,
): Promise<void> {
  await exchange(deps, scope, conflict, decision, (made, before) => ({ from: before, to: made }));
}

type Policy = ConflictPolicy | null;

/** @param choose which policy of a field gives way to which, by that of the decision and that before it; null for none of its own */
async function exchange(
  deps: Needs,
  scope: Scope,
  conflict: Pick<ConflictDocument, 'id' | 'taskId'>,
  { fields, rule }: Pick<DecisionDocument, 'fields' | 'rule'>,
  choose: (made: Policy, before: Policy) => { readonly from: Policy; readonly to: Policy },
): Promise<void> {
  if (rule === undefined) return;
  await changeFields(deps, scope, conflict, (policies) => {
    const next = { ...policies };
    for (const [field, before] of Object.entries(rule.before)) {
      const take = fields[field]?.take;
      if (take === undefined || take === 'value') continue;
      const { from, to } = choose(policyOfChoice(take), before);
      if ((next[field] ?? null) !== from) continue;
      if (to === null) delete next[field];
      else next[field] = to;
    }
    return next;
  });
}

async function changeFields(
  deps: Needs,
  scope: Scope,
  { id, taskId }: Pick<ConflictDocument, 'id' | 'taskId'>,
  change: (policies: Fields) => Fields,
): Promise<void> {
  for (;;) {
    const stored = taskId === undefined ? undefined : await deps.tasks.get(scope, { id: taskId });
    // A task that is gone has no rules.
    if (stored === undefined) return;
    const { conflicts } = stored.document;
    const fields = change(conflicts.fields);
    if (sameValue(fields, conflicts.fields)) return;
    const updatedAt = deps.now().toISOString();
    const document: TaskDocument = { ...stored.document, conflicts: { ...conflicts, fields }, updatedAt };
    if (!(await deps.tasks.write(scope, { kind: 'replace', document, etag: stored.etag })).ok) continue;
    return recordAudit(deps, scope, { action: 'task.updated', subject: document.id, detail: `conflicts, by ${id}` });
  }
}
