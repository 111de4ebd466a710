import type { BlockBlobClient } from '@azure/storage-blob';
import { z } from 'zod';
import { storageErrorCode } from '../storage.ts';
import type { NextOccurrence } from './ncrontab.ts';

/** What is kept of a timer between runs and hosts; `Last` is absent until the first run. */
export interface ScheduleStatus {
  readonly last: Date | undefined;
  readonly next: Date;
  /** The time after which `next` was looked for. */
  readonly lastUpdated: Date;
}

/** .NET's DateTime.MinValue: the service writes it for "never". */
const NEVER = '0001-01-01T00:00:00';

const stored = z.object({ Last: z.string(), Next: z.string(), LastUpdated: z.string() });

export interface ScheduleStore {
  /** Undefined when nothing was kept yet. Rejects when what was kept cannot be read. */
  read(): Promise<ScheduleStatus | undefined>;
  write(status: ScheduleStatus): Promise<void>;
}

/** Keeps the status as the service does, as JSON in a blob. */
export const createScheduleStore = (blob: BlockBlobClient): ScheduleStore => ({
  read: async () => {
    try {
      const content = await blob.downloadToBuffer();
      const { Last, Next, LastUpdated } = stored.parse(JSON.parse(content.toString('utf8')));
      return {
        last: Last.startsWith(NEVER) ? undefined : new Date(Last),
        next: new Date(Next),
        lastUpdated: new Date(LastUpdated),
      };
    } catch (error) {
      const code = storageErrorCode(error);
      if (code === 'BlobNotFound' || code === 'ContainerNotFound') {
        return undefined;
      }
      throw error;
    }
  },
  write: async (status) => {
    await blob.uploadData(Buffer.from(JSON.stringify(toStored(status))), {
      blobHTTPHeaders: { blobContentType: 'application/json' },
    });
  },
});

/** As the status is kept and as the function gets it. */
export const toStored = (status: ScheduleStatus): z.infer<typeof stored> => ({
  Last: status.last?.toISOString() ?? NEVER,
  Next: status.next.toISOString(),
  LastUpdated: status.lastUpdated.toISOString(),
});

/**
 * What a host that takes over a timer makes of the kept status: whether a run was missed, and the status from now on. A
 * schedule that was changed in the meantime starts anew and has missed nothing.
 * @returns undefined when the schedule has no next occurrence
 */
export const resumeSchedule = (
  kept: ScheduleStatus | undefined,
  next: NextOccurrence,
  now: Date,
): { readonly status: ScheduleStatus; readonly isPastDue: boolean } | undefined => {
  if (kept !== undefined) {
    const expected = next(kept.lastUpdated);
    if (expected?.getTime() === kept.next.getTime()) {
      return { status: kept, isPastDue: now.getTime() > kept.next.getTime() };
    }
  }
  const coming = next(now);
  return coming && { status: { last: undefined, next: coming, lastUpdated: now }, isPastDue: false };
};
