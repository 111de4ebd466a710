import { sameValue } from './canonical.ts';
import { readPath } from './field-path.ts';
import type { Json, JsonObject } from './json.ts';

/** A field that differs; what is not there is `undefined`. */
export interface FieldChange {
  readonly field: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Which of these fields two states of a shard differ in. */
export function compareFields(
  before: JsonObject,
  after: JsonObject,
  paths: readonly (readonly string[])[],
): FieldChange[] {
  return paths
    .map((path) => ({ field: path.join('.'), before: readPath(before, path), after: readPath(after, path) }))
    .filter((change) => !sameValue(change.before, change.after));
}
