import type { AnsweredPage, Ask } from '../../../../adapters/custom-rest/answered-page.ts';
import { digestItems } from '../../../../adapters/custom-rest/answered-page.ts';

export interface Item {
  readonly id: number;
  /** When it was last changed: moves to the end with each change. */
  readonly at: number;
}

export interface Change {
  readonly kind: 'remove' | 'modify' | 'append' | 'insert';
  /** Where in the list, from 0 to 1. */
  readonly place: number;
}

/** A list on a server that sorts by modification, and changes before each request as told. */
export class ShiftingList {
  readonly items: Item[];
  /** Those that came into the middle: a read need not see them. */
  readonly inserted = new Set<number>();
  clock: number;
  private nextId: number;

  constructor(length: number) {
    this.items = Array.from({ length }, (_, index) => ({ id: index, at: index }));
    this.clock = length;
    this.nextId = length;
  }

  change({ kind, place }: Change): void {
    const index = Math.min(this.items.length - 1, Math.floor(place * this.items.length));
    this.clock += 1;
    if (kind === 'append') this.items.push(this.create());
    else if (kind === 'insert') {
      const item = this.create();
      this.inserted.add(item.id);
      this.items.splice(Math.max(0, index), 0, item);
    } else if (index >= 0) {
      const [item] = this.items.splice(index, 1);
      if (kind === 'modify' && item !== undefined) {
        this.inserted.delete(item.id);
        this.items.push({ ...item, at: this.clock });
      }
    }
  }

  private create(): Item {
    this.nextId += 1;
    return { id: this.nextId, at: this.clock };
  }

  /** Answers `offset` and `limit`, or `page` (from 1) and `limit`; never more than `cap` items. */
  ask(cap: number, before: () => void): Ask {
    return async (request) => {
      before();
      if ('url' in request) throw new Error('the list has no links');
      const limit = Math.min(cap, Number(request.query['limit']));
      const { page, offset } = request.query;
      const start = page === undefined ? Number(offset) : (Number(page) - 1) * limit;
      const items = this.items.slice(start, start + limit);
      const answer: AnsweredPage = {
        url: 'http://list.invalid/',
        body: { total: this.items.length },
        linkHeader: undefined,
        items,
        digest: digestItems(items, 'id'),
      };
      return answer;
    };
  }
}
