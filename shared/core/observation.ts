import type { ExternalChange } from './adapter.ts';
import { canonicalText, shortHash } from './canonical.ts';
import type { Converter, ObjectMapping } from './convert-record.ts';
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
  readonly externalId: string;
  readonly deleted: boolean;
  readonly data: JsonObject;
  /** Over converted values and mapping version; equal to the link's hash exactly when nothing is to be done. */
  readonly hash: string;
  readonly version: number | undefined;
  /** The provider's time of modification. */
  readonly modifiedAt?: string | undefined;
  /** Where it was seen, when that was not in this page: an earlier look that is tried again. */
  readonly seen?: { readonly fence: number; readonly page: number };
}

/** Which look at the record an observation is, to be compared with others. */
export function observedAs(observation: Observation, sighting: Sighting): { fence: number; page: number } {
  const { fence, page } = observation.seen ?? sighting;
  return { fence, page };
}

export interface PageReading {
  readonly observations: readonly Observation[];
  /** Records with an outcome already: set aside (`failed`), or seen again in the same page (`skipped`). */
  readonly failures: readonly { readonly change: ExternalChange; readonly reason: string }[];
  readonly superseded: number;
}

export function linkIdOf(integrationId: string, object: string, externalId: string, shardTypeId: string): string {
  return shortHash(canonicalText([integrationId, object, externalId, shardTypeId]));
}

/** Converts a page. The same record twice in one page is one observation: the one with the newer version, or else the later. */
export function readPage(
  integrationId: string,
  mapping: ObjectMapping,
  converter: Converter,
  changes: readonly ExternalChange[],
): PageReading {
  const byLink = new Map<string, Observation>();
  const failures: { change: ExternalChange; reason: string }[] = [];
  let superseded = 0;
  for (const change of changes) {
    if (change.externalId.length > longestExternalId) {
      failures.push({ change, reason: longId });
      continue;
    }
    const converted = change.deleted ? ({ ok: true, data: {} } as const) : converter.convert(change.record);
    if (!converted.ok) {
      failures.push({ change, reason: converted.reason });
      continue;
    }
    const text = canonicalText(converted.data);
    if (isTooLarge(text)) {
      failures.push({ change, reason: tooLarge });
      continue;
    }
    const linkId = linkIdOf(integrationId, mapping.object, change.externalId, mapping.shardTypeId);
    const earlier = byLink.get(linkId);
    if (earlier !== undefined) superseded += 1;
    if (earlier?.version !== undefined && change.version !== undefined && earlier.version > change.version) continue;
    byLink.set(linkId, {
      linkId,
      externalId: change.externalId,
      deleted: change.deleted,
      data: converted.data,
      hash: change.deleted ? 'deleted' : shortHash(`${converter.version} ${text}`),
      version: change.version,
      modifiedAt: change.modifiedAt,
      ...(change.seen === undefined ? {} : { seen: change.seen }),
    });
  }
  return { observations: [...byLink.values()], failures, superseded };
}

/** In UTF-16 units. Links are many, and every one holds its record's id. */
const longestExternalId = 1024;
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
  const { fence, page } = observedAs(observation, sighting);
  if (fence !== known.observed.fence) return fence < known.observed.fence;
  return page < known.observed.page;
}
