import type { PushIntent } from '../documents/push-lane.ts';
import { readPath } from '../field-path.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Observation, Pushed } from '../observation.ts';
import { sameMeaning } from './same-meaning.ts';

/**
 * What of a look is a write of ours that is under way: a field that shows what was sent, a record that is gone as it was asked for. The shard may have moved
 * on since, and does not know of the answer yet: it would take our own value for somebody's edit.
 *
 * @returns `undefined` where the look shows nothing of it
 */
export function knowWritten(observation: Observation, underWay: readonly PushIntent[]): Pushed | undefined {
  if (observation.pushed !== undefined) return undefined;
  const intent = underWay.find(({ kind, linkId }) => kind !== 'create' && linkId === observation.linkId);
  if (intent === undefined || observation.deleted !== (intent.kind === 'delete')) return undefined;
  if (intent.kind === 'delete') return { kind: 'delete', data: {}, fields: [], supposed: true };
  const data = intent.data as JsonObject;
  const shown = intent.fields.filter((field) => {
    const path = field.split('.');
    return sameMeaning(readPath(data, path) as Json | undefined, readPath(observation.data, path) as Json | undefined);
  });
  return shown.length === 0 ? undefined : { kind: 'update', data, fields: shown, looked: true, supposed: true };
}
