import { sameValue } from '../../../shared/core/canonical.ts';
import type { ConflictDocument, DecisionDocument } from '../../../shared/core/documents/conflict.ts';
import type { TaskDocument } from '../../../shared/core/documents/task.ts';
import type { TwoWayWorld } from './world.ts';

type Policies = TaskDocument['conflicts']['fields'];

/** Looks at what becomes of decisions that are rules. @param faults grows by what was found */
export function watchRules(world: TwoWayWorld, faults: string[]): void {
  const { tasks, conflicts } = world.deps;
  const putTask = tasks.put.bind(tasks);
  tasks.put = (scope, write) => {
    const before = tasks.peek(scope, { id: write.document.id })?.document.conflicts.fields ?? {};
    const result = putTask(scope, write);
    const { id, conflicts: settings } = write.document;
    if (result.ok && !sameValue(before, settings.fields) && !isSaid(rulesUnderWay(world, id), before, settings.fields))
      faults.push(`${id}: the policies became ${JSON.stringify(settings.fields)}, and no decision says so`);
    return result;
  };
  const putConflict = conflicts.put.bind(conflicts);
  conflicts.put = (scope, write) => {
    const before = conflicts.peek(scope, { id: write.document.id })?.document;
    const result = putConflict(scope, write);
    if (result.ok) faults.push(...faultsOfRule(world, before, write.document));
    return result;
  };
}

function rulesUnderWay(world: TwoWayWorld, taskId: string | undefined): ConflictDocument[] {
  return world.deps.conflicts
    .all()
    .filter(
      (each) =>
        each.taskId === taskId &&
        each.decision?.rule !== undefined &&
        (each.state === 'resolving' || each.state === 'undoing'),
    );
}

/** Whether one of the decisions makes this of the policies: each field has that of whose value was taken, or again what it had before. */
function isSaid(underWay: readonly ConflictDocument[], before: Policies, after: Policies): boolean {
  return underWay.some(({ state, decision }) => {
    const made = policiesOf(decision);
    const due = { ...before };
    for (const [field, policy] of Object.entries(made)) {
      if (state === 'resolving') due[field] = policy;
      else if (before[field] === policy) {
        const earlier = decision?.rule?.before[field] ?? undefined;
        if (earlier === undefined) delete due[field];
        else due[field] = earlier;
      }
    }
    return sameValue(due, after);
  });
}

function policiesOf(decision: DecisionDocument | undefined): Policies {
  const entries = Object.entries(decision?.fields ?? {});
  return Object.fromEntries(
    entries.flatMap(([field, { take }]) =>
      take === 'value' ? [] : [[field, take === 'ours' ? ('internal_wins' as const) : ('external_wins' as const)]],
    ),
  );
}

/** A decision that is a rule remembers what was before, has become the policy once it is carried out, and is none any more once it was taken back. */
function faultsOfRule(world: TwoWayWorld, before: ConflictDocument | undefined, after: ConflictDocument): string[] {
  const decision = after.decision ?? before?.decision;
  if (before === undefined || before.state === after.state || decision?.rule === undefined) return [];
  // Of several at once, each may see what another one has made.
  if (rulesUnderWay(world, after.taskId).some(({ id }) => id !== after.id)) return [];
  const policies = world.deps.tasks.peek(world.scope, { id: after.taskId ?? '' })?.document.conflicts.fields ?? {};
  const own = policiesOf(decision);
  const { rule } = decision;
  const says = (what: string) => [`${after.id}: ${what}: ${JSON.stringify([policies, decision])}`];
  if (after.state === 'resolving') {
    const isKept = Object.keys(own).every((field) => (policies[field] ?? null) === rule.before[field]);
    return isKept ? [] : says('what was the policy before is not remembered');
  }
  if (before.state === 'resolving' && after.decision !== undefined && after.state !== 'settled') {
    const isMade = Object.entries(own).every(([field, policy]) => policies[field] === policy);
    return isMade ? [] : says('it is no rule');
  }
  if (before.state === 'undoing' && after.state === 'open') {
    const isLeft = Object.entries(own).some(
      ([field, policy]) => policies[field] === policy && rule.before[field] !== policy,
    );
    return isLeft ? says('it is a rule still') : [];
  }
  return [];
}
