import type { JsonObject } from '../../shared/core/json.ts';
import type { Estate, EstateDocument, EstatePage } from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { Faults } from './faults.ts';

/** A store whose documents can be had as they are. */
export interface EstatePart {
  readonly container: string;
  raws(tenantId: string): EstateDocument[];
  /** Removes or replaces a document that is still as it was had; false when it is not here. */
  swap(document: EstateDocument, body: JsonObject | undefined): boolean;
}

/** All stores of the memory ports as one. */
export class MemoryEstate implements Estate {
  readonly #parts: () => readonly EstatePart[];
  readonly #faults: Faults;

  constructor(parts: () => readonly EstatePart[], faults: Faults) {
    this.#parts = parts;
    this.#faults = faults;
  }

  async list(scope: Scope, container: string, after: string | undefined, limit: number): Promise<EstatePage> {
    await this.#faults.enter('estate', 'list', 1);
    const all = this.all(scope.tenantId)
      .filter((each) => each.container === container && (after === undefined || placeOf(each) > after))
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    const last = all[limit - 1];
    return { documents: all.slice(0, limit), ...(last === undefined ? {} : { next: placeOf(last) }) };
  }

  async remove(_scope: Scope, document: EstateDocument): Promise<void> {
    await this.#faults.enter('estate', 'remove', 1);
    this.#faults.step(`estate remove ${idOf(document)}`, () => this.#swap(document, undefined));
  }

  async replace(_scope: Scope, document: EstateDocument, body: JsonObject): Promise<boolean> {
    await this.#faults.enter('estate', 'replace', 1);
    return this.#faults.step(`estate replace ${idOf(document)}`, () => this.#swap(document, body));
  }

  /** Every document of a tenant, for a test's search. */
  all(tenantId: string): EstateDocument[] {
    return this.#parts().flatMap((part) => part.raws(tenantId));
  }

  #swap(document: EstateDocument, body: JsonObject | undefined): boolean {
    const parts = this.#parts().filter(({ container }) => container === document.container);
    return parts.map((part) => part.swap(document, body)).includes(true);
  }
}

function idOf({ body }: EstateDocument): string {
  return String(body['id']);
}

/** Ids are unique in a partition only. */
function placeOf(document: EstateDocument): string {
  const { executionId = '', shardId = '', month = '' } = document.body;
  return [idOf(document), executionId, shardId, month].join(' ');
}
