import { advanceAnchors, findAfterAnchor, type IdentityFields, keepRetreat, stepBack } from './anchors.ts';
import { type AnsweredPage, type Ask, assertNotHollow, assertOtherRecords, isRead } from './answered-page.ts';
import type { Position } from './position.ts';
import type { PagingSettings } from './settings.ts';

type OffsetPaging = Extract<PagingSettings, { kind: 'offset' }>;
type OffsetPosition = Extract<Position, { kind: 'checked-offset' }>;

export interface Reader {
  readonly ask: Ask;
  readonly fields: IdentityFields;
  /** How many records are wanted. */
  readonly size: number;
  /** How many may be asked for. */
  readonly maxSize: number;
}

/** Items that were not given before, as far as known, and where the read goes on; it is finished where there is no `next`. */
export interface ReadItems {
  readonly items: readonly unknown[];
  readonly next: Position | undefined;
}

/** One step of a read: what it knew, what it asked for. */
interface Step {
  readonly from: OffsetPosition;
  readonly start: number;
  /** The items after the place where the read stood, or undefined when that place is not in the answer. */
  readonly findFresh: (answer: AnsweredPage) => readonly unknown[] | undefined;
  readonly fields: IdentityFields;
}

/**
 * Reads the next records by offset. Every answer has to show a record that was given before (see `anchors.ts`), so each request begins
 * with the last one. Where the answer does not show it, the read steps back by a page and gives nothing this time.
 */
export async function readByOffset(
  paging: OffsetPaging,
  position: OffsetPosition | undefined,
  { ask, fields, size, maxSize }: Reader,
): Promise<ReadItems> {
  const from = position ?? beginning;
  const start = Math.max(0, from.offset - from.behind);
  const limit = position === undefined ? size : Math.min(size + Math.max(1, from.behind), maxSize);
  const askFrom = async (offset: number): Promise<AnsweredPage> => {
    const answer = await ask({ query: { [paging.offsetParam]: offset, [paging.limitParam]: limit } });
    assertNotHollow(answer, offset, from.offset, paging.totalPath);
    return answer;
  };
  const isAnchored = from.lost || from.behind > 0;
  const findFresh = ({ items }: AnsweredPage): readonly unknown[] | undefined =>
    isAnchored ? (findAfterAnchor(items, from, fields, 'first') ?? (start === 0 ? items : undefined)) : items;

  const answer = await askFrom(start);
  if (!isAnchored) assertOtherRecords(from.digest, answer, paging.offsetParam);
  const step: Step = { from, start, findFresh, fields };
  const fresh = findFresh(answer);
  if (fresh === undefined) return goBack(step, answer);
  if (answer.items.length === 0 || isReadTo(paging, answer, start)) return { items: fresh, next: undefined };
  if (fresh.length > 0) return goOn(step, fresh, answer, start);
  return await lookBeyond(paging, step, answer, askFrom);
}

const beginning: OffsetPosition = {
  kind: 'checked-offset',
  offset: 0,
  behind: 0,
  marks: [],
  lost: false,
  step: 1,
  digest: '',
};

/** Without a total only an empty page tells the end, and an answer that shows what was given before is not empty. */
function isReadTo({ totalPath }: OffsetPaging, answer: AnsweredPage, start: number): boolean {
  return totalPath !== undefined && isRead(answer, start + answer.items.length, totalPath);
}

/**
 * The answer shows the place of the read and nothing after it: the end of the list, or a server that gives no more at a time. What
 * comes after is asked for by itself, and then the place once more: a record that went in between would have hidden another.
 */
async function lookBeyond(
  paging: OffsetPaging,
  step: Step,
  answer: AnsweredPage,
  askFrom: (offset: number) => Promise<AnsweredPage>,
): Promise<ReadItems> {
  const end = step.start + answer.items.length;
  const beyond = await askFrom(end);
  const again = await askFrom(step.start);
  if (beyond.items.length > 0) assertOtherRecords(again.digest, beyond, paging.offsetParam);
  const fresh = step.findFresh(again);
  if (fresh === undefined || step.start + again.items.length < end) return goBack(step, again);
  if (fresh.length > 0) return goOn(step, fresh, again, step.start);
  return beyond.items.length === 0 ? { items: [], next: undefined } : goOn(step, beyond.items, beyond, end);
}

/** Gives `items`, the last of the answer that begins at `start`. */
function goOn({ from, fields }: Step, items: readonly unknown[], answer: AnsweredPage, start: number): ReadItems {
  const offset = start + answer.items.length;
  const next: Position = {
    kind: 'checked-offset',
    offset,
    ...advanceAnchors(from, answer.items, fields),
    lost: false,
    step: Math.max(from.step, answer.items.length),
    digest: answer.digest,
    ...keepRetreat(from.retreat, offset),
  };
  return { items, next };
}

function goBack({ from, start }: Step, answer: AnsweredPage): ReadItems {
  // Not by what was asked for: a server with a lower cap would show pages with gaps in between.
  const step = Math.max(from.step, answer.items.length);
  const offset = Math.max(0, start - step);
  const retreat = stepBack(from.retreat, from.offset);
  return { items: [], next: { ...from, offset, behind: 0, lost: true, step, digest: answer.digest, retreat } };
}
