import { readHold } from '../../shared/core/conflicts/read-hold.ts';
import type { ConflictDocument } from '../../shared/core/documents/conflict.ts';
import { type ShardDocument, shardDocument } from '../../shared/core/documents/shard.ts';
import { readPath } from '../../shared/core/field-path.ts';
import type { Json } from '../../shared/core/json.ts';
import { linkIdOf } from '../../shared/core/observation.ts';
import { type ConflictDecision, decideConflict, type FieldChoice } from '../../shared/core/two-way/decide-conflict.ts';
import { theirsOf } from '../../shared/core/two-way/held-values.ts';
import { liveLinks, type TakenDecision, type Undo, undoDecision } from '../../shared/core/two-way/undo-decision.ts';
import { at, type TwoWayShard } from './two-way-look.ts';

const stored = (document: ShardDocument) => shardDocument.parse(JSON.parse(JSON.stringify(document)));

export const linkTo = (integration: string): string => linkIdOf(integration, 'people', 'p1', 'contact');

/** What is decided about what a source holds; it is remembered so that it can be taken back. */
export interface Decided {
  readonly taken: TakenDecision;
  readonly integration: string;
}

export type Choice = Pick<ConflictDecision, 'fields' | 'deletion'>;

export function holdOf(world: TwoWayShard, integration = 'a'): ReturnType<typeof readHold> {
  const id = world.source(integration).held?.conflictId ?? '';
  const key: Pick<ConflictDocument, 'id' | 'linkId'> = { id, linkId: linkTo(integration) };
  return readHold(world.get(), key, at(1000));
}

/** Decides what a source holds, as people do. */
export function decide(world: TwoWayShard, second: number, choice: Choice, integration = 'a', number = 1): Decided {
  const source = world.source(integration);
  const shard = world.get();
  const { held } = source;
  if (held === undefined) throw new Error('Nothing is held');
  const before = Object.fromEntries(
    Object.entries(held.fields).map(([field, { externalBase, internalBase }]) => [
      field,
      {
        externalBase: externalBase as Json | undefined,
        internalBase: internalBase as Json | undefined,
        ours: readPath(shard.data, field.split('.')) as Json | undefined,
        theirs: theirsOf(source, field),
        edit: shard.edits?.[field],
      },
    ]),
  );
  const taken: TakenDecision = {
    conflictId: held.conflictId,
    number,
    ...choice,
    since: held.since,
    before,
    deleted:
      held.deletion === undefined
        ? undefined
        : { where: held.deletion, deletion: shard.deletion, live: liveLinks(shard) },
  };
  world.shard = stored(
    decideConflict(shard, linkTo(integration), taken, world.routes, causeAt(held.conflictId, second)),
  );
  return { taken, integration };
}

/** Takes a decision back, where that can be done. */
export function undo(world: TwoWayShard, second: number, { taken, integration }: Decided): Undo {
  const cause = causeAt(taken.conflictId, second);
  const undone = undoDecision(world.get(), linkTo(integration), taken, world.routes, cause);
  if (undone.kind === 'undone') world.shard = stored(undone.document);
  return undone;
}

const causeAt = (id: string, second: number) => ({ kind: 'conflict' as const, id, actorId: 'ana', at: at(second) });

export const takeAll = (fields: readonly string[], take: 'ours' | 'theirs'): Record<string, FieldChoice> =>
  Object.fromEntries(fields.map((field) => [field, { take }]));

/** Has everything that is lacking at a provider written there, which answers with what was written. */
export function pushAll(world: TwoWayShard, second: number): void {
  for (const integration of world.routes.map((route) => route.integrationId)) {
    for (const need of world.needs(integration)) {
      if (need.kind === 'create') {
        const pushed = world.pushOf(paths, 'create');
        const externalId = Object.values(world.get().sources).some((each) => each.integrationId === integration)
          ? 'p2'
          : 'p1';
        world.see({ integration, externalId, second, pushed, record: pushed.data });
      } else if (need.kind === 'update') {
        const pushed = world.pushOf(need.fields);
        world.see({ integration, second, pushed, record: pushed.data });
      } else world.see({ integration, second, pushed: world.pushOf([], 'delete') });
    }
  }
}

const paths = ['name', 'email', 'phone', 'tags', 'address.city'];
