import {
  advanceAnchors,
  findAfterAnchor,
  type IdentityFields,
  keepRetreat,
  mostStepsBack,
  stepBack,
} from './anchors.ts';
import { type AnsweredPage, assertOtherRecords, isRead } from './answered-page.ts';
import { sizeQuery } from './paging.ts';
import type { Position } from './position.ts';
import type { Reader, ReadItems } from './read-by-offset.ts';
import type { PagingSettings } from './settings.ts';

type PagePaging = Extract<PagingSettings, { kind: 'page' }>;
type PagePosition = Extract<Position, { kind: 'checked-page' }>;

/**
 * Reads the next page, and after it the page before once more: the read goes on only while a record that was given before (see
 * `anchors.ts`) is found, and what has come between that record and the next page is given too. In this order, since records only come
 * closer to the start when others go: what the page before no longer shows at the second request was still in the next one at the
 * first. Where no such record is found, the read steps back by a page and gives nothing this time.
 */
export async function readByPage(
  paging: PagePaging,
  position: PagePosition | undefined,
  { ask, fields, size }: Omit<Reader, 'maxSize'>,
): Promise<ReadItems> {
  const from = position ?? beginAt(paging.firstPage, size);
  const askFor = (page: number): Promise<AnsweredPage> =>
    ask({ query: { [paging.pageParam]: page, ...sizeQuery(paging.sizeParam, from.size) } });

  const current = await askFor(from.page);
  const isFirst = from.page === paging.firstPage;
  if (isFirst || (!from.lost && from.behind === 0)) {
    if (!isFirst) assertNext(paging, from.digest, current);
    const atFirst = { ...from, seen: 0, lengths: [] };
    return goOn(paging, { from: isFirst ? atFirst : from, current, fields }, current.items);
  }
  const before = await askFor(from.page - 1);
  assertNext(paging, before.digest, current);
  const step: Step = { from: recount(from, before), current, fields };
  const late = findAfterAnchor(before.items, from, fields, 'last');
  if (late === undefined) {
    // Where records came in further up, the page itself shows the place.
    const fresh = findAfterAnchor(current.items, from, fields, 'first');
    return fresh === undefined ? goBack(step, before) : goOn(paging, step, fresh);
  }
  return late.length === 0 ? goOn(paging, step, current.items) : goOnLate(step, before, late);
}

function beginAt(page: number, size: number): PagePosition {
  return { kind: 'checked-page', page, size, seen: 0, lengths: [], behind: 0, marks: [], lost: false, digest: '' };
}

function assertNext({ pageParam }: PagePaging, earlier: string, page: AnsweredPage): void {
  if (page.items.length > 0) assertOtherRecords(earlier, page, pageParam);
}

/** Counts the page before by what it holds now: it may have grown or shrunk since. */
function recount(from: PagePosition, before: AnsweredPage): PagePosition {
  const length = before.items.length;
  const seen = Math.max(0, from.seen + length - (from.lengths.at(-1) ?? length));
  return { ...from, seen, lengths: [...from.lengths.slice(0, -1), length] };
}

/** One step of a read: what it knew, and what came. */
interface Step {
  readonly from: PagePosition;
  readonly current: AnsweredPage;
  readonly fields: IdentityFields;
}

function goOn({ totalPath }: PagePaging, step: Step, items: readonly unknown[]): ReadItems {
  const isLast = isRead(step.current, step.from.seen + step.current.items.length, totalPath);
  return { items, next: isLast ? undefined : nextPage(step) };
}

/**
 * The page before showed `late` records after the place. What was between the two requests on its way from there to the end of the
 * list is in neither answer, so the end is not told yet, and an empty page is asked for again.
 */
function goOnLate(step: Step, before: AnsweredPage, late: readonly unknown[]): ReadItems {
  const { from, current, fields } = step;
  if (current.items.length > 0) return { items: [...late, ...current.items], next: nextPage(step) };
  const next: Position = {
    ...from,
    ...advanceAnchors(from, before.items, fields),
    lost: false,
    digest: before.digest,
  };
  return { items: late, next };
}

function nextPage({ from, current, fields }: Step): Position {
  const { retreat, ...kept } = from;
  const page = from.page + 1;
  const length = current.items.length;
  return {
    ...kept,
    ...advanceAnchors(from, current.items, fields),
    page,
    seen: from.seen + length,
    lengths: [...from.lengths, length].slice(-mostStepsBack - 1),
    lost: false,
    digest: current.digest,
    ...keepRetreat(retreat, page),
  };
}

function goBack({ from }: Step, before: AnsweredPage): ReadItems {
  const next: Position = {
    ...from,
    page: from.page - 1,
    seen: Math.max(0, from.seen - before.items.length),
    lengths: from.lengths.slice(0, -1),
    behind: 0,
    lost: true,
    retreat: stepBack(from.retreat, from.page),
  };
  return { items: [], next };
}
