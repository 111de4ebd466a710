import { z } from 'zod';
import type { PartitionRequest, PullRange } from '../../shared/core/adapter.ts';
import { formatInstant } from './format-instant.ts';
import type { CustomRestSettings, ObjectSettings } from './settings.ts';

/** Instants: the beginning is inclusive. Absent bounds are open, so that nothing is outside of all ranges. */
const timeRange = z.strictObject({ from: z.iso.datetime().optional(), to: z.iso.datetime().optional() });

/** Spans of equal length from the earliest records to now; the first and the last are open. */
export function partition(
  settings: CustomRestSettings,
  { object, parts, now }: PartitionRequest,
): readonly PullRange[] {
  const ranges = settings.objects[object]?.partition;
  if (ranges === undefined) return [];
  const startMs = Date.parse(ranges.earliest);
  const spanMs = Date.parse(now) - startMs;
  // Below a day a range would be shorter than the clocks of two machines may be apart.
  const count = Math.min(parts, Math.floor(spanMs / 86_400_000));
  if (count < 2) return [];
  // Whole seconds, which every format can tell.
  const bounds = Array.from({ length: count - 1 }, (_, index) => {
    const atMs = startMs + (spanMs * (index + 1)) / count;
    return new Date(Math.floor(atMs / 1000) * 1000).toISOString();
  });
  return Array.from({ length: count }, (_, index) => ({
    ...(index === 0 ? {} : { from: bounds[index - 1] as string }),
    ...(index === count - 1 ? {} : { to: bounds[index] as string }),
  }));
}

/** The query parameters of a range. @throws for a range that is not one of `partition` */
export function rangeQuery(object: ObjectSettings, range: PullRange | undefined): Record<string, string | number> {
  if (range === undefined) return {};
  if (object.partition === undefined) throw new TypeError('The object has no partition in its settings.');
  const { from, to } = timeRange.parse(range);
  const { fromParam, toParam, format } = object.partition;
  return {
    ...(from === undefined ? {} : { [fromParam]: formatInstant(from, format) }),
    ...(to === undefined ? {} : { [toParam]: formatInstant(to, format) }),
  };
}
