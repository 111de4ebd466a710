import { type Adapter, type AdapterCall, AdapterFailure, type PullPage } from '../core/adapter.ts';
import { emptyPagesAfter } from '../core/advance-execution.ts';
import type { Checkpoint, ExecutionDocument } from '../core/documents/execution.ts';
import type { Deps } from '../core/ports.ts';
import { watermarkKey } from '../core/watermark.ts';

/** The `Date` header has whole seconds. */
const providerClockGranularityMs = 1000;

/** Some providers filter after they cut pages, so that stretches of pages are empty. Past this many a read counts as endless. */
const longestEmptyStretch = 1000;

/** A page's document lists every link it touches, 25 bytes each, and may have 2 MB also after a repeat that shows others. */
const mostRecordsInPage = 50_000;

export type Pulled =
  | {
      readonly ok: true;
      readonly page: PullPage;
      readonly readAt: string;
      /** When the look at the provider began, epoch milliseconds of our clock. */
      readonly askedAtMs: number;
    }
  | { readonly ok: false; readonly failure: AdapterFailure };

/** Where a page begins. */
export type Position = Pick<Checkpoint, 'objectIndex' | 'cursor' | 'emptyPages'>;

/**
 * Reads the page at a position. A failure of the provider is a value, so that a page fetched ahead can wait for its turn; anything else is a bug
 * and is thrown.
 */
export async function pullPage(
  deps: Pick<Deps, 'now'>,
  source: { adapter: Adapter; call: AdapterCall },
  execution: Pick<ExecutionDocument, 'plan'>,
  position: Position,
): Promise<Pulled> {
  const mapping = execution.plan.objects[position.objectIndex];
  if (mapping === undefined) throw new RangeError(`the run has no object ${position.objectIndex}`);
  const askedAtMs = deps.now().getTime();
  try {
    const description = source.adapter.objects(source.call.settings).find((each) => each.name === mapping.object);
    if (source.adapter.pull === undefined || description === undefined) {
      throw new AdapterFailure('unexpected-response', `The integration no longer offers "${mapping.object}".`);
    }
    const page = await source.adapter.pull(source.call, {
      object: mapping.object,
      cursor: position.cursor,
      since: description.incremental ? execution.plan.since[watermarkKey(mapping, execution.plan)] : undefined,
      pageSize: Math.min(execution.plan.pageSize, description.maxPageSize),
      range: execution.plan.range,
    });
    if (!page.done && (page.next === undefined || page.next === position.cursor)) {
      throw new AdapterFailure('unexpected-response', "The provider's paging does not advance.");
    }
    if (!page.done && emptyPagesAfter(position, page) > longestEmptyStretch) {
      const message = `The provider's paging does not advance: more than ${longestEmptyStretch} pages in a row held no record.`;
      throw new AdapterFailure('unexpected-response', message);
    }
    const records = page.changes.length + page.rejected.length;
    if (records > mostRecordsInPage) {
      const message = `The provider gave ${records} records in one page; at most ${mostRecordsInPage} can be taken at once.`;
      throw new AdapterFailure('unexpected-response', message);
    }
    return { ok: true, page, readAt: readInstant(page, askedAtMs, deps.now().getTime()), askedAtMs };
  } catch (error) {
    if (error instanceof AdapterFailure) return { ok: false, failure: error };
    throw error;
  }
}

/** An instant on the provider's clock at which it had not yet begun to answer; on ours, where it shows none, or one that is ahead. */
function readInstant(page: PullPage, askedAtMs: number, answeredAtMs: number): string {
  if (page.observedAt === undefined) return new Date(askedAtMs).toISOString();
  const tookMs = Math.max(0, answeredAtMs - askedAtMs);
  const observedMs = Date.parse(page.observedAt) - tookMs - providerClockGranularityMs;
  return new Date(Math.min(observedMs, askedAtMs)).toISOString();
}
