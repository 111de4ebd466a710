import type { WebhookRefusalsDocument } from '../documents/webhook-refusals.ts';

/** A request for an integration that was not taken: all that is kept of it. */
export type Refusal = WebhookRefusalsDocument['recent'][number];

/** Refusals of one integration, counted by day and reason, with samples. Bounded, however many there are. */
export type RefusalRecord = Pick<WebhookRefusalsDocument, 'days' | 'recent'>;

export const noRefusals: RefusalRecord = { days: {}, recent: [] };

const keptDays = 14;
/** Reasons name what the integration's settings ask for, so there are few; those beyond are counted as one. */
const mostReasons = 20;
export const otherReasons = 'another reason';
/** A flood of one kind leaves room for the samples of the others. */
const samplesOfReason = 5;
const mostSamples = 40;

export function recordRefusal(refusal: Refusal): RefusalRecord {
  return { days: { [refusal.at.slice(0, 10)]: { [refusal.reason]: 1 } }, recent: [refusal] };
}

/** What two processes, or one at two times, have noted. Counts add up; the newest days and samples stay. */
export function mergeRefusals(one: RefusalRecord, other: RefusalRecord): RefusalRecord {
  const days = [...new Set([...Object.keys(one.days), ...Object.keys(other.days)])].sort().slice(-keptDays);
  const counts = days.map((day) => [day, addCounts(one.days[day] ?? {}, other.days[day] ?? {})]);
  return { days: Object.fromEntries(counts), recent: newestSamples([...one.recent, ...other.recent]) };
}

type Counts = Readonly<Record<string, number>>;

function addCounts(one: Counts, other: Counts): Counts {
  const sums = new Map(Object.entries(one));
  for (const [reason, count] of Object.entries(other)) {
    const place = sums.has(reason) || sums.size < mostReasons ? reason : otherReasons;
    sums.set(place, (sums.get(place) ?? 0) + count);
  }
  return Object.fromEntries(sums);
}

function newestSamples(samples: readonly Refusal[]): Refusal[] {
  const taken = new Map<string, number>();
  const kept = samples
    .toSorted((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0))
    .filter(({ reason }) => {
      const before = taken.get(reason) ?? 0;
      taken.set(reason, before + 1);
      return before < samplesOfReason;
    });
  return kept.slice(0, mostSamples);
}
