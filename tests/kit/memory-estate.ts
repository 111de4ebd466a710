import type { JsonObject } from '../../shared/core/json.ts';
import type { Estate, EstateDocument, EstatePage } from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { Faults } from './faults.ts';

/** A store whose documents can be had as they are. */
export interface EstatePart {
  readonly container: string;
  raws(tenantId: string): EstateDocument[];
  /** Removes or replaces a document that is still as it was had. */
  swap(document: EstateDocument, body: JsonObject | undefined): void;
}

/** All stores of the memory ports as one. */
export class MemoryEstate implements Estate {
  readonly #parts: () => readonly EstatePart[];
  readonly #faults: Faults;

  constructor(parts: () => readonly EstatePart[], faults: Faults) {
    this.#parts = parts;
    this.#faults = faults;
  }

  async list(scope: Scope, container: string, afterId: string | undefined, limit: number): Promise<EstatePage> {
    await this.#faults.enter('estate', 'list', 1);
    const all = this.all(scope.tenantId)
      .filter((each) => each.container === container && (afterId === undefined || idOf(each) > afterId))
      .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    const last = all[limit - 1];
    if (last === undefined) return { documents: all };
    return { documents: all.filter((each) => idOf(each) <= idOf(last)), next: idOf(last) };
  }

  async remove(_scope: Scope, document: EstateDocument): Promise<void> {
    await this.#faults.enter('estate', 'remove', 1);
    this.#faults.step(`estate remove ${idOf(document)}`, () => this.#swap(document, undefined));
  }

  async replace(_scope: Scope, document: EstateDocument, body: JsonObject): Promise<void> {
    await this.#faults.enter('estate', 'replace', 1);
    this.#faults.step(`estate replace ${idOf(document)}`, () => this.#swap(document, body));
  }

  /** Every document of a tenant, for a test's search. */
  all(tenantId: string): EstateDocument[] {
    return this.#parts().flatMap((part) => part.raws(tenantId));
  }

  #swap(document: EstateDocument, body: JsonObject | undefined): void {
    for (const part of this.#parts()) if (part.container === document.container) part.swap(document, body);
  }
}

function idOf({ body }: EstateDocument): string {
  return String(body['id']);
}
