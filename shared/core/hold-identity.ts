import { createHash } from 'node:crypto';
import { canonicalText, shortHash } from './canonical.ts';
import type { HoldDocument } from './documents/hold.ts';
import { composeId, timeOfId } from './ids.ts';
import type { Json } from './json.ts';

/** Names what an action does, whichever run would do it: the same set of deletions, the same change by the same mapping. */
export function signatureOf(taskId: string, { kind, feed, shardTypeId }: HoldDocument['action'], what: Json): string {
  return shortHash(canonicalText([taskId, kind, feed, shardTypeId, what]));
}

/** A run raises one hold for one thing, however often it comes to it. */
export function holdIdOf(executionId: string, signature: string): string {
  return composeId('hold', timeOfId(executionId), createHash('sha256').update(`${executionId} ${signature}`).digest());
}
