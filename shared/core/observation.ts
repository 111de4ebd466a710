import type { ExternalChange } from './adapter.ts';
import { canonicalText, shortHash } from './canonical.ts';
import type { Converted, Converter, Feed } from './conversion/compile-schema.ts';
import type { AnswerQuestions } from './conversion/deferral.ts';
import type { ConversionError } from './conversion/rule.ts';
import type { LinkDocument } from './documents/link.ts';
import type { JsonObject } from './json.ts';

/** Where in which run a record was seen. A later fence, then a later page, is the newer observation. */
export interface Sighting {
  readonly executionId: string;
  readonly page: number;
  readonly fence: number;
}

/** One external record of a page, converted and ready to be compared with what we have. */
export interface Observation {
  readonly linkId: string;
  readonly feed: Feed;
  readonly externalId: string;
  readonly deleted: boolean;
  readonly data: JsonObject;
  /** Over converted values and mapping version; equal to the link's hash exactly when nothing is to be done. */
  readonly hash: string;
  readonly version: number | undefined;
}

export interface PageReading {
  readonly observations: readonly Observation[];
  /** Records with an outcome already: set aside (`failed`), or seen again in the same page (`skipped`). */
  readonly failures: readonly RecordFailure[];
  readonly superseded: number;
  /** Records that no target of the mapping is meant for. */
  readonly unmapped: number;
}

/** A record that was set aside, and what is wrong with its fields, where it is that. */
export interface RecordFailure {
  readonly externalId?: string | undefined;
  readonly reason: string;
  readonly errors?: readonly ConversionError[];
}

export function linkIdOf(integrationId: string, object: string, externalId: string, shardTypeId: string): string {
  return shortHash(canonicalText([integrationId, object, externalId, shardTypeId]));
}

/** Converts a page. The same record twice in one page is one observation: the one with the newer version, or else the later. */
export async function readPage(
  integrationId: string,
  converter: Converter,
  changes: readonly ExternalChange[],
  answer: AnswerQuestions,
): Promise<PageReading> {
  const byLink = new Map<string, Observation>();
  const failures: RecordFailure[] = [];
  let superseded = 0;
  let unmapped = 0;
  const converted = await converter.convert(changes, answer);
  for (const [index, { version }] of changes.entries()) {
    const shards = converted[index] ?? [];
    if (shards.length === 0) unmapped += 1;
    for (const shard of shards) {
      const observed = observe(integrationId, converter, shard, version);
      if ('reason' in observed) {
        failures.push(observed);
        continue;
      }
      const earlier = byLink.get(observed.linkId);
      if (earlier !== undefined) superseded += 1;
      if (earlier?.version !== undefined && version !== undefined && earlier.version > version) continue;
      byLink.set(observed.linkId, observed);
    }
  }
  return { observations: [...byLink.values()], failures, superseded, unmapped };
}

function observe(
  integrationId: string,
  converter: Converter,
  shard: Converted,
  version: number | undefined,
): Observation | RecordFailure {
  const { feed, externalId } = shard;
  if (isTooLongId(externalId)) return { externalId, reason: longId };
  if (!shard.ok) {
    return { externalId, reason: shard.errors.map((error) => error.message).join(' '), errors: shard.errors };
  }
  const text = canonicalText(shard.data);
  if (isTooLarge(text)) return { externalId, reason: tooLarge };
  return {
    linkId: linkIdOf(integrationId, feed.object, externalId, feed.shardTypeId),
    feed,
    externalId,
    deleted: shard.deleted,
    data: shard.data,
    hash: shard.deleted ? 'deleted' : shortHash(`${converter.version} ${text}`),
    version,
  };
}

/** In UTF-16 units. Links are many, and every one holds its record's id. */
const longestExternalId = 1024;

export function isTooLongId(externalId: string): boolean {
  return externalId.length > longestExternalId;
}

const longId = `The record's id is longer than ${longestExternalId} characters.`;

/** A shard holds the converted fields twice, as its data and as the base of its source, and a document may have 2 MB. */
const largestDataBytes = 900_000;
const tooLarge = `The mapped fields are too large to be kept: more than ${largestDataBytes / 1000} KB.`;

/** Measured in UTF-8, whose characters have up to three bytes for each unit of a text's length. */
function isTooLarge(text: string): boolean {
  return text.length * 3 > largestDataBytes && Buffer.byteLength(text) > largestDataBytes;
}

export type LinkVerdict = 'unchanged' | 'created' | 'updated' | 'stale' | 'compare-shard';

/** What the link alone says about an observation. A point read decides "unchanged" without a write. */
export function judgeByLink(link: LinkDocument, observation: Observation, sighting: Sighting): LinkVerdict {
  if (link.state !== 'settled') return 'compare-shard';
  const first = link.last !== undefined && isRepeat(link.last, sighting) ? link.last.outcome : undefined;
  if (link.hash === observation.hash) return first ?? 'unchanged';
  if (isOlder(link, observation, sighting)) return first ?? 'stale';
  return 'compare-shard';
}

/** The same page of the same run again: its first result stands. */
export function isRepeat(last: { executionId: string; page: number }, sighting: Sighting): boolean {
  return last.executionId === sighting.executionId && last.page === sighting.page;
}

/** What was applied already: from a link or from a shard's source. */
interface Known {
  readonly version?: number | undefined;
  readonly observed: { readonly fence: number; readonly page: number };
}

/** The provider's version decides; where it has none, or the same, the order of observation does, which fences tell also between tasks. */
export function isOlder(known: Known, observation: Observation, sighting: Sighting): boolean {
  if (known.version !== undefined && observation.version !== undefined && known.version !== observation.version) {
    return observation.version < known.version;
  }
  if (sighting.fence !== known.observed.fence) return sighting.fence < known.observed.fence;
  return sighting.page < known.observed.page;
}
