import type { Json, JsonObject } from './json.ts';

/** Who or what is erased, by what names it in stored documents. */
export interface ErasureSubject {
  readonly kind: 'person' | 'tenant';
  /** Ids of shards and links: found nowhere but where they are meant. */
  readonly ids: readonly string[];
  /** The records behind them, as failed records and deliveries name them. */
  readonly records: readonly { readonly object: string; readonly externalId: string; readonly key: string }[];
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
  leases: { tenant: true, person: nothing },
  /** The Functions host's own: positions in change feeds. */
  'feed-leases': { tenant: false, person: nothing },
  poison: { tenant: true, person: whatMentions },
  transient: { tenant: true, person: whatMentions },
  dispatches: { tenant: true, person: whatMentions },
  events: { tenant: true, person: whatMentions },
  deliveries: { tenant: true, person: (body, subject) => (mentions(body, subject) ? 'remove' : 'keep') },
  executions: { tenant: true, person: eraseFromRun },
  reviews: { tenant: true, person: eraseFromReview },
  /** Names ids and actions only. */
  audit: { tenant: true, person: nothing },
  journal: { tenant: true, person: whatMentions },
  keys: { tenant: true, person: eraseFromKey },
  shards: { tenant: true, person: whatMentions },
  links: { tenant: true, person: whatMentions },
};

function mentions(body: Json, { ids, records }: ErasureSubject): boolean {
  const text = JSON.stringify(body);
  return ids.some((id) => text.includes(id)) || records.some(({ key }) => text.includes(JSON.stringify(key)));
}

/** Of a run only what was set aside is about a person; its counts, checkpoints and hashed ids are not. */
function eraseFromRun(body: JsonObject, subject: ErasureSubject): Erasure {
  if (body['kind'] !== 'failed-record' && body['kind'] !== 'left-record') return 'keep';
  const isOfRecord = subject.records.some(
    ({ object, externalId }) =>
      body['object'] === object && (body['externalId'] === externalId || body['recordId'] === externalId),
  );
  return isOfRecord || mentions(body, subject) ? 'remove' : 'keep';
}

/** A hold is about many: it only loses the sample that is the person's. */
function eraseFromReview(body: JsonObject, subject: ErasureSubject): Erasure {
  if (!mentions(body, subject) || body['kind'] === 'erasure') return 'keep';
  const { kind, sample } = body;
  if (kind !== 'hold' || !Array.isArray(sample)) return 'remove';
  return { ...body, sample: sample.filter((each) => !mentions(each, subject)) };
}

/** A key that others have too stays theirs. */
function eraseFromKey(body: JsonObject, subject: ErasureSubject): Erasure {
  if (!mentions(body, subject)) return 'keep';
  const { entries } = body;
  if (!Array.isArray(entries)) return 'remove';
  const left = entries.filter((entry) => !mentions(entry, subject));
  return left.length === 0 ? 'remove' : { ...body, entries: left };
}
