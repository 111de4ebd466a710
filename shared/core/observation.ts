import type { ExternalChange } from './adapter.ts';
import { canonicalText, shortHash } from './canonical.ts';
import type { Converted, Converter, Feed } from './conversion/compile-schema.ts';
import type { AnswerQuestions } from './conversion/deferral.ts';
import type { ConversionError } from './conversion/rule.ts';
import type { LinkDocument } from './documents/link.ts';
import type { Matcher } from './identity/compile-match-rules.ts';
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
  /** The provider's time of modification. */
  readonly modifiedAt?: string | undefined;
  /** The provider's name of this state of the record, for conditional writes. */
  readonly revision?: string | undefined;
  /** Where it was seen, when that was not in this page: an earlier look that is tried again. */
  readonly seen?: { readonly fence: number; readonly page: number };
  /** It is the answer to a write of ours. */
  readonly pushed?: Pushed;
  /** The shard is to know of the look although the record is as it was: to be written to, where its revision counts, or while a read of the whole object may miss it. */
  readonly aimed?: true;
}

/** What of a shard was written to the provider. */
export interface Pushed {
  readonly kind: 'create' | 'update' | 'delete';
  /** The shard's values that were written. */
  readonly data: JsonObject;
  /** Their dotted paths. */
  readonly fields: readonly string[];
  /** It was looked at after the write: where it shows something else than what was written, somebody there has changed it since. */
  readonly looked?: true;
  /** Nobody said that it came of that write: it shows what was sent. */
  readonly supposed?: true;
  /** Of a create that is supposed: the shard that it was for, which may have been merged since. */
  readonly createdFor?: string;
}

/** Which look at the record an observation is, to be compared with others. */
export function observedAs(observation: Observation, sighting: Sighting): { fence: number; page: number } {
  const { fence, page } = observation.seen ?? sighting;
  return { fence, page };
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
  readonly change: ExternalChange;
  /** The shard that it could not feed, and that one's external id. */
  readonly feed: Feed;
  readonly externalId: string;
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
  matchers: ReadonlyMap<string, Pick<Matcher, 'fingerprint'>> = new Map(),
): Promise<PageReading> {
  const byLink = new Map<string, Observation>();
  const failures: RecordFailure[] = [];
  let superseded = 0;
  let unmapped = 0;
  const converted = await converter.convert(changes, answer);
  for (const [index, change] of changes.entries()) {
    const { version } = change;
    const shards = wantedOf(change, converted[index] ?? []);
    if (shards.length === 0) unmapped += 1;
    for (const shard of shards) {
      const observed = observe(integrationId, versionFor(converter, shard.feed, matchers), shard, change);
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

/** Of a record that is tried again: the shard that it could not feed, or, where the mapping now makes others of it, all of that type. */
function wantedOf({ retried }: ExternalChange, shards: readonly Converted[]): readonly Converted[] {
  if (retried === undefined) return shards;
  const ofType = shards.filter(({ feed }) => feed.shardTypeId === retried.shardTypeId);
  const same = ofType.filter(
    ({ feed, externalId }) => feed.target === retried.target && externalId === retried.externalId,
  );
  return same.length > 0 ? same : ofType;
}

/** What a link's hash is over besides the values: under other match rules a record is looked at again when it is next seen. */
function versionFor(
  { version }: Converter,
  { shardTypeId }: Feed,
  matchers: ReadonlyMap<string, Pick<Matcher, 'fingerprint'>>,
): string {
  const matcher = matchers.get(shardTypeId);
  return matcher === undefined ? version : `${version} ${matcher.fingerprint}`;
}

function observe(
  integrationId: string,
  version: string,
  shard: Converted,
  change: ExternalChange,
): Observation | RecordFailure {
  const { feed, externalId } = shard;
  const failure = { change, feed, externalId };
  if (isTooLongId(externalId)) return { ...failure, reason: longId };
  if (!shard.ok) {
    return { ...failure, reason: shard.errors.map((error) => error.message).join(' '), errors: shard.errors };
  }
  const text = canonicalText(shard.data);
  if (isTooLarge(text)) return { ...failure, reason: tooLarge };
  return {
    linkId: linkIdOf(integrationId, feed.object, externalId, feed.shardTypeId),
    feed,
    externalId,
    deleted: shard.deleted,
    data: shard.data,
    hash: shard.deleted ? 'deleted' : shortHash(`${version} ${text}`),
    version: change.version,
    modifiedAt: change.modifiedAt,
    ...(change.revision === undefined ? {} : { revision: change.revision }),
    ...(change.seen === undefined ? {} : { seen: change.seen }),
  };
}

/** In UTF-16 units. Links are many, and every one holds its record's id. */
const longestExternalId = 1024;

export function isTooLongId(externalId: string): boolean {
  return externalId.length > longestExternalId;
}

const longId = `The record's id is longer than ${longestExternalId} characters.`;

/** A shard holds the converted fields twice, as its data and as the base of its source, and a document may have 2 MB. */
export const largestDataBytes = 900_000;
const tooLarge = `The mapped fields are too large to be kept: more than ${largestDataBytes / 1000} KB.`;

/** Measured in UTF-8, whose characters have up to three bytes for each unit of a text's length. */
export function isTooLarge(text: string): boolean {
  return text.length * 3 > largestDataBytes && Buffer.byteLength(text) > largestDataBytes;
}

export type LinkVerdict = 'unchanged' | 'created' | 'updated' | 'conflicted' | 'stale' | 'compare-shard';

/** What the link alone says about an observation. A point read decides "unchanged" without a write. What a look means that has to do with a write, the shard says. */
export function judgeByLink(link: LinkDocument, observation: Observation, sighting: Sighting): LinkVerdict {
  if (link.state !== 'settled' || observation.pushed !== undefined || observation.aimed === true)
    return 'compare-shard';
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
