import type { ConflictPolicy } from '../../../shared/contracts/conflict-policy.ts';
import { apiOrigin } from '../../../shared/contracts/identifiers.ts';
import { sameValue } from '../../../shared/core/canonical.ts';
import type { ShardDocument, ShardSource } from '../../../shared/core/documents/shard.ts';
import { readPath } from '../../../shared/core/field-path.ts';
import type { Json } from '../../../shared/core/json.ts';
import { isSupposed } from '../../../shared/core/two-way/doubtful-creates.ts';
import { sameMeaning } from '../../../shared/core/two-way/same-meaning.ts';
import { isAnswer, type Look, laterBy, underWay } from './judge-look.ts';
import { areAllWhole } from './look-up.ts';
import { fields, pathOf } from './program.ts';

type Outcome = 'lives' | 'dies' | 'waits';

/** What a look may make of life and death: a record that is gone, or one that is there though its shard was deleted. */
export function judgeLife(look: Look): string[] {
  const { program, before, after } = look;
  if (program.matched || !areAllWhole(program)) return [];
  const seen = Object.entries(after.sources).flatMap(([linkId, now]) => {
    const was = before.sources[linkId];
    return was === undefined || was.integrationId === apiOrigin || sameValue(was.last, now.last) ? [] : [{ was, now }];
  });
  const [one] = seen;
  // Of several that are seen at once, one may bring to life what the other lets die.
  if (one === undefined || seen.length > 1 || isAnswer(look, one.now) || underWay(look, one.now) !== undefined)
    return [];
  const { was, now } = one;
  if (was.deleted) return [];
  const due = now.deleted ? afterDeletion(look, was, now) : afterLook(look, was, now);
  // Who found that it is gone may not have been told when it went.
  const isUntold = program.policy === 'newest' && sameValue(was.modifiedAt, now.modifiedAt);
  const result = outcomeOf(after, now);
  if (due === undefined || due.includes(result) || (isUntold && result === 'waits')) return [];
  return [
    `${after.id} ${result}, and ${due.join(' or ')} by its policy, with ${now.externalId} ${now.deleted ? 'gone' : 'there'}`,
  ];
}

function outcomeOf({ status }: ShardDocument, { held }: ShardSource): Outcome {
  if (held?.deletion !== undefined) return 'waits';
  return status === 'deleted' ? 'dies' : 'lives';
}

/** The record is gone: what was edited here since it was agreed on may keep the shard alive. */
function afterDeletion(look: Look, was: ShardSource, now: ShardSource): Outcome[] | undefined {
  const { before, program } = look;
  if (before.status !== 'active') return undefined;
  const hasSibling = Object.values(before.sources).some(
    (other) => other !== was && !other.deleted && other.integrationId === was.integrationId,
  );
  if (hasSibling) return ['lives'];
  const edited = fields.map(pathOf).filter((path) => {
    if (was.held?.fields[path] !== undefined) return true;
    const ours = at(before.data, path);
    const agreed = was.internalBase?.[path];
    const known = agreed === undefined ? at(was.externalBase, path) : (agreed.value as Json | undefined);
    return !sameValue(ours, known) && !sameValue(ours, at(was.externalBase, path));
  });
  // What people of other systems edited, and nobody has decided about yet, is not timed.
  const waitsElsewhere = Object.values(before.sources).some(
    (other) => other !== was && !other.deleted && Object.keys(other.held?.fields ?? {}).length > 0,
  );
  if (waitsElsewhere) return byPolicy(program.policy, look, now.modifiedAt, undefined, false);
  if (edited.length === 0) return ['dies'];
  const times = edited.map((path) => before.edits?.[path]?.at ?? '');
  const last = times.includes('') ? undefined : times.sort().at(-1);
  return byPolicy(program.policy, look, now.modifiedAt, last, false);
}

/** The record is there, and its shard was deleted: it lives again where it was edited there, if the policy says so. */
function afterLook(look: Look, was: ShardSource, now: ShardSource): Outcome[] | undefined {
  const { before, program } = look;
  if (before.status !== 'deleted' || before.deletion === undefined) return undefined;
  const isEdited = fields.some(
    (field) => !sameMeaning(at(was.externalBase, pathOf(field)), at(now.externalBase, pathOf(field))),
  );
  const isSame = fields.every((field) =>
    sameValue(at(was.externalBase, pathOf(field)), at(now.externalBase, pathOf(field))),
  );
  if (was.held?.deletion === undefined && isSame) return ['dies'];
  if (was.held?.deletion === undefined && !isEdited) return undefined;
  // What shows nothing new tells no time.
  const due = byPolicy(program.policy, look, before.deletion.at, isSame ? undefined : now.modifiedAt, true);
  // Of what may be somebody else's only a person says that it goes.
  return was.held?.deletion === 'here' && isSupposed(was) && due.includes('dies') ? ['waits'] : due;
}

function byPolicy(
  policy: ConflictPolicy,
  look: Look,
  deletedAt: string | undefined,
  editedAt: string | undefined,
  isDeletedHere: boolean,
): Outcome[] {
  switch (policy) {
    case 'external_wins':
      return [isDeletedHere ? 'lives' : 'dies'];
    case 'internal_wins':
      return [isDeletedHere ? 'dies' : 'lives'];
    case 'merge':
      return ['lives'];
    case 'manual':
      return ['waits'];
    case 'newest': {
      const laterMs = laterBy(look, deletedAt, editedAt);
      if (laterMs === 'unclear') return ['lives', 'dies', 'waits'];
      return laterMs === undefined ? ['waits'] : [laterMs > 0 ? 'dies' : 'lives'];
    }
  }
}

function at(data: unknown, path: string): Json | undefined {
  return readPath(data as Json, path.split('.')) as Json | undefined;
}
