import { mentionsId, withoutReferences } from './erase-references.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { lettersOfId } from './seen-records.ts';

/** A record of an integration, as failed records, deliveries and suppressions name it. */
export interface ErasedRecord {
  readonly integrationId: string;
  readonly object: string;
  readonly externalId: string;
  readonly key: string;
}

/** Who or what is erased, by what names it in stored documents. */
export interface ErasureSubject {
  readonly kind: 'person' | 'tenant';
  /** Ids of shards and links: found nowhere but where they are meant. */
  readonly ids: readonly string[];
  readonly records: readonly ErasedRecord[];
}

/** What becomes of a document: it goes, it becomes another one, or it stays. */
export type Erasure = 'remove' | 'keep' | JsonObject;

interface ErasureRule {
  /** Whether the container holds a tenant's documents: then all of them go with the tenant. */
  readonly tenant: boolean;
  readonly person: (body: JsonObject, subject: ErasureSubject) => Erasure;
}

const nothing: ErasureRule['person'] = () => 'keep';
const whatMentions: ErasureRule['person'] = (body, subject) => (mentions(body, subject) ? 'remove' : 'keep');

/** Every container has a rule: a test compares the names. In the order in which they are worked on: what leads to others goes last. */
export const erasureRules: Readonly<Record<string, ErasureRule>> = {
  config: { tenant: true, person: nothing },
  due: { tenant: true, person: whatMentions },
  leases: { tenant: true, person: eraseFromLane },
  /** The Functions host's own: positions in change feeds. */
  'feed-leases': { tenant: false, person: nothing },
  poison: { tenant: true, person: whatMentions },
  transient: { tenant: true, person: whatMentions },
  dispatches: { tenant: true, person: whatMentions },
  events: { tenant: true, person: whatMentions },
  deliveries: { tenant: true, person: eraseDelivery },
  executions: { tenant: true, person: eraseFromRun },
  reviews: { tenant: true, person: eraseFromReview },
  /** Names ids and actions only. */
  audit: { tenant: true, person: nothing },
  journal: { tenant: true, person: eraseFromJournal },
  keys: { tenant: true, person: eraseFromKey },
  shards: { tenant: true, person: eraseShard },
  links: { tenant: true, person: eraseLink },
};

function mentions(body: Json, { ids, records }: ErasureSubject): boolean {
  if (mentionsId(body, ids)) return true;
  const text = JSON.stringify(body);
  return records.some(({ key }) => text.includes(JSON.stringify(key)));
}

/** What a lane is about to write for others stays. A scan that stands at the person begins again. */
function eraseFromLane(body: JsonObject, { ids }: ErasureSubject): Erasure {
  if (!mentionsId(body, ids)) return 'keep';
  const { batch, scan, ...rest } = body;
  const kept: JsonObject = { ...rest };
  if (isJsonObject(batch)) {
    const intents = listOf(batch['intents']).filter((intent) => !mentionsId(intent, ids));
    if (intents.length > 0) kept['batch'] = { ...batch, intents };
  }
  if (isJsonObject(scan)) {
    const { afterId, ...types } = scan;
    kept['scan'] = afterId === undefined || mentionsId(afterId, ids) ? types : scan;
  }
  return kept;
}

/** Of another integration the same key is somebody else's. */
function eraseDelivery(body: JsonObject, { ids, records }: ErasureSubject): Erasure {
  if (mentionsId(body, ids)) return 'remove';
  const keys = listOf(body['recordKeys']);
  const isAbout = records.some(
    ({ integrationId, key }) => body['integrationId'] === integrationId && keys.includes(key),
  );
  return isAbout ? 'remove' : 'keep';
}

/** Of a run what was set aside is about a person; of its pages, and of what it found missing, the hashed ids of her links. */
function eraseFromRun(body: JsonObject, subject: ErasureSubject): Erasure {
  const { ids, records } = subject;
  switch (body['kind']) {
    case 'failed-record':
    case 'left-record': {
      const isOfRecord = records.some(
        ({ object, externalId }) =>
          body['object'] === object && (body['externalId'] === externalId || body['recordId'] === externalId),
      );
      return isOfRecord || mentions(body, subject) ? 'remove' : 'keep';
    }
    case 'page':
      return eraseFromPage(body, ids);
    case 'missing':
      return mentionsId(body, ids) ? { ...body, linkIds: without(body['linkIds'], ids) } : 'keep';
    default:
      return eraseFromEnded(body, ids);
  }
}

function eraseFromPage(body: JsonObject, ids: readonly string[]): Erasure {
  const seen = body['seen'];
  const kept = typeof seen === 'string' ? withoutSeen(seen, ids) : seen;
  if (kept === seen && !mentionsId(body, ids)) return 'keep';
  return { ...body, linkIds: without(body['linkIds'], ids), ...(kept === undefined ? {} : { seen: kept }) };
}

/** As `writeSeen` wrote it. */
function withoutSeen(seen: string, ids: readonly string[]): string {
  const gone = new Set(ids.map((id) => id.slice(0, lettersOfId)));
  const kept: string[] = [];
  for (let at = 0; at < seen.length; at += lettersOfId) {
    const each = seen.slice(at, at + lettersOfId);
    if (!gone.has(each)) kept.push(each);
  }
  return kept.length * lettersOfId === seen.length ? seen : kept.join('');
}

/** A run that has ended has no use for the place that it came to in a rollback or compare; one that goes on leaves it by itself. */
function eraseFromEnded(body: JsonObject, ids: readonly string[]): Erasure {
  if (body['finishedAt'] === undefined || !mentionsId(body, ids)) return 'keep';
  const { checkpoint, comparison } = body;
  return {
    ...body,
    ...(isJsonObject(checkpoint) ? { checkpoint: withoutField(checkpoint, 'cursor') } : {}),
    ...(isJsonObject(comparison) ? { comparison: withoutField(comparison, 'after') } : {}),
  };
}

/** A hold is about many: it only loses the sample that is the person's. Also another erasure that was prepared and never started names her. */
function eraseFromReview(body: JsonObject, subject: ErasureSubject): Erasure {
  if (!mentions(body, subject)) return 'keep';
  const { kind, sample } = body;
  if (kind !== 'hold') return 'remove';
  return { ...body, sample: listOf(sample).filter((each) => !mentions(each, subject)) };
}

function eraseFromJournal(body: JsonObject, { ids }: ErasureSubject): Erasure {
  if (ids.includes(String(body['shardId']))) return 'remove';
  if (!mentionsId(body, ids)) return 'keep';
  const { image, ...rest } = body;
  return { ...withoutReferences(rest, ids), ...(isJsonObject(image) ? { image: withoutReferences(image, ids) } : {}) };
}

/** A key that others have too stays theirs. */
function eraseFromKey(body: JsonObject, { ids }: ErasureSubject): Erasure {
  if (!mentionsId(body, ids)) return 'keep';
  const left = listOf(body['entries']).filter((entry) => !mentionsId(entry, ids));
  return left.length === 0 ? 'remove' : { ...body, entries: left };
}

/** Other shards may refer to the person's: they only lose that. */
function eraseShard(body: JsonObject, { ids }: ErasureSubject): Erasure {
  const isOwn = ids.includes(String(body['id'])) || ids.includes(String(body['mergedInto']));
  if (isOwn) return 'remove';
  return mentionsId(body, ids) ? withoutReferences(body, ids) : 'keep';
}

function eraseLink(body: JsonObject, { ids }: ErasureSubject): Erasure {
  return ids.includes(String(body['id'])) || ids.includes(String(body['shardId'])) ? 'remove' : 'keep';
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function without(list: Json | undefined, ids: readonly string[]): Json[] {
  return listOf(list).filter((each) => !ids.includes(String(each)));
}

function withoutField(body: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([each]) => each !== name));
}
