import type { z } from 'zod';
import type { hold } from '../contracts/holds.ts';
import type { HeldAction, HoldDocument } from './documents/hold.ts';
import type { ShardDocument } from './documents/shard.ts';
import { readPath } from './field-path.ts';

type Hold = z.infer<typeof hold>;

/** A hold as the API shows it. */
export function describeHold(document: HoldDocument): Hold {
  const { action } = document;
  return {
    id: document.id,
    state: document.state,
    kind: action.kind,
    integrationId: document.integrationId,
    taskId: document.taskId,
    executionId: document.executionId,
    object: action.object,
    shardTypeId: action.shardTypeId,
    records: action.records,
    of: action.of,
    reason: document.reason,
    effect: effectOf(action),
    ...(action.kind === 'overwrite-field' ? { field: action.field, to: action.to } : {}),
    deleted: action.kind === 'delete-missing' && document.state !== 'open' ? action.deleted : undefined,
    problem: document.problem,
    decidedBy: document.decidedBy,
    decidedAt: document.decidedAt,
    finishedAt: document.finishedAt,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
  };
}

function effectOf(action: HeldAction): string {
  const { records, shardTypeId, object } = action;
  if (action.kind === 'overwrite-field') {
    const becomes = action.to === undefined ? 'loses its value' : `becomes ${shorten(JSON.stringify(action.to))}`;
    return `The run goes on: "${action.field}" ${becomes} in ${records} shards of type ${shardTypeId} so far, and in those to come.`;
  }
  const what = action.archives ? 'archived' : 'marked deleted';
  if (action.kind === 'delete-marked')
    return `The run goes on: ${records} shards of type ${shardTypeId} are ${what} so far, and those to come that ${object} shows as deleted.`;
  return `${records} shards of type ${shardTypeId} are ${what}, except those whose records have been seen since.`;
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text;
}

/** One record of the sample, as its shard is now. */
export function describeSample(
  { action }: HoldDocument,
  linkId: string,
  shard: ShardDocument,
): NonNullable<Hold['sample']>[number] {
  const from = action.kind === 'overwrite-field' ? readPath(shard.data, action.field.split('.')) : undefined;
  return {
    shardId: shard.id,
    externalId: shard.sources[linkId]?.externalId ?? '',
    data: shard.data,
    ...(from === undefined ? {} : { from }),
  };
}
