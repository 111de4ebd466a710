import type { resolveConflict as route } from '../../contracts/conflicts.ts';
import type { FieldError } from '../../contracts/problem.ts';
import { AppError } from '../../core/app-error.ts';
import { isClosed } from '../../core/conflicts/conflict-states.ts';
import { describeConflict, versionOf } from '../../core/conflicts/describe-conflict.ts';
import { checkDecision, ruleOf } from '../../core/conflicts/plan-decision.ts';
import type { ConflictDocument, DecisionDocument } from '../../core/documents/conflict.ts';
import { isMatch } from '../../core/etag.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { authorise } from '../authenticate.ts';
import { recordAudit } from '../record-audit.ts';
import { carryOutDecision, isCarriedOut } from './carry-out-decision.ts';
import { checkValues } from './check-values.ts';
import { type ConflictNeeds, routesOf } from './conflict-needs.ts';
import { findConflictNow } from './find-conflict.ts';

type Needs = ConflictNeeds & Pick<Deps, 'shardTypeContents'>;
type Body = InputOf<typeof route>['body'];

/**
 * Decides a conflict as a person says. Throws `not-found`, `wrong-state` when it is not open, `precondition-failed`, `conflict-changed` naming the fields that
 * are no longer what the person saw, and `invalid-request`.
 */
export async function resolveConflict(
  deps: Needs,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  if (body.rule) authorise(scope.actor, 'admin');
  const routes = routesOf(deps, scope);
  for (;;) {
    const stored = await findConflictNow(deps, scope, params.conflictId, routes);
    const { document: conflict } = stored;
    const at = attempt.at.toISOString();
    if (conflict.state !== 'open') {
      const { decision } = conflict;
      const isOurs = attempt.repeated && decision?.at === at && decision.actorId === scope.actor.id;
      if (isOurs) return answer(conflict);
      throw new AppError('wrong-state', { detail: `The conflict is ${conflict.state}.` });
    }
    if (!isMatch(ifMatch, versionOf(conflict))) throw new AppError('precondition-failed');
    const decision = await planDecision(deps, scope, conflict, body, at);
    const decided = await carryOutDecision(deps, scope, stored, decision, routes);
    if (decided === undefined) continue;
    if (!isCarriedOut(decided.document, decision)) throw refuseChanged(conflict, decided.document, body);
    const detail = `${body.deletion ?? Object.keys(decision.fields).join(', ')}${body.rule ? ' (rule)' : ''}`;
    await recordAudit(deps, scope, { action: 'conflict.resolved', subject: conflict.id, detail });
    return answer(decided.document);
  }
}

function answer(conflict: ConflictDocument): OutputOf<typeof route> {
  return { body: describeConflict(conflict), etag: versionOf(conflict) };
}

async function planDecision(
  deps: Needs,
  scope: Scope,
  conflict: ConflictDocument,
  body: Body,
  at: string,
): Promise<DecisionDocument> {
  checkDecision(conflict, body);
  await checkValues(deps, scope, conflict, body.fields ?? []);
  const task =
    body.rule && conflict.taskId !== undefined ? await deps.tasks.get(scope, { id: conflict.taskId }) : undefined;
  const fields: DecisionDocument['fields'] = Object.fromEntries(
    (body.fields ?? []).map(({ field, take, value }) => [
      field,
      {
        take,
        ...(take === 'value' ? { value: value as NonNullable<DecisionDocument['fields'][string]['value']> } : {}),
      },
    ]),
  );
  return {
    number: conflict.decisions + 1,
    by: 'person',
    actorId: scope.actor.id,
    at,
    fields,
    ...(body.deletion === undefined ? {} : { deletion: body.deletion }),
    ...(body.rule ? { rule: ruleOf(fields, task?.document) } : {}),
  };
}

/** It has changed between the look at it and the write of the shard. */
function refuseChanged(before: ConflictDocument, after: ConflictDocument, body: Body): AppError {
  if (isClosed(after)) return new AppError('conflict-changed', { detail: `The conflict is ${after.state}.` });
  const errors = (body.fields ?? []).flatMap(({ field }, index): FieldError[] =>
    before.fields[field]?.version === after.fields[field]?.version
      ? []
      : [{ in: 'body', field: `/fields/${index}`, message: `"${field}" has changed` }],
  );
  const added = Object.keys(after.fields).filter((field) => before.fields[field] === undefined);
  for (const field of added)
    errors.push({ in: 'body', field: '/fields', message: `"${field}" is in conflict as well` });
  return new AppError('conflict-changed', errors.length === 0 ? {} : { errors });
}
