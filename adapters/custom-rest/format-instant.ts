import type { ObjectSettings } from './settings.ts';

/** An instant (ISO 8601) as a query parameter. Epoch seconds are rounded down: rather a record again than never. */
export function formatInstant(
  instant: string,
  format: NonNullable<ObjectSettings['incremental']>['format'],
): string | number {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) throw new TypeError('An instant must be ISO 8601.');
  switch (format) {
    case 'iso':
      return new Date(ms).toISOString();
    case 'epoch-seconds':
      return Math.floor(ms / 1000);
    case 'epoch-milliseconds':
      return ms;
  }
}
