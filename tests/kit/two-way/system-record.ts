import type { PushOperation } from '../../../shared/core/adapter-writes.ts';
import type { JsonObject } from '../../../shared/core/json.ts';

export interface SystemRecord {
  readonly id: string;
  fields: JsonObject;
  modifiedAtMs: number;
  revision: number;
  deleted: boolean;
  /** Of the create that made it, where the engine did. */
  key: string | undefined;
  readonly createdAtMs: number;
  /** Fields whose value the engine wrote. */
  readonly ours: Set<string>;
  /** When the engine wrote it last. */
  writtenAtMs: number;
  /** Fields that its people edited since the engine looked whether it may write: such an edit is overwritten without anybody's fault. */
  readonly unread: Set<string>;
  /** It was read for itself since it was last written. */
  isFetched: boolean;
  /** A create of somebody met it, and was told so. */
  isMet?: boolean;
  /** The adapter cannot take what it has. */
  isUnreadable?: boolean;
  /** Its people wrote something else in it that the mapping cannot make anything of. */
  isGarbled?: boolean;
}

/** One write of the engine that took. */
export interface WriteSeen {
  readonly kind: PushOperation['kind'];
  readonly id: string;
  /** What was sent is what was there, as could be known: it was for nothing. */
  readonly idle: boolean;
  /** Fields in which it overwrote an edit that nobody could know of. */
  readonly overwritten: readonly string[];
  /** It was neither conditional, nor was the record read before. */
  readonly blind: boolean;
  /** It was to be made only of the record as it was known. */
  readonly conditional: boolean;
}
