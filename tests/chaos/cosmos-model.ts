/** What the store must hold, as plainly as it can be said: a map, and the keys in the order of their last write. */

/** A document's own properties. */
export interface Body {
  readonly id: string;
  readonly pk: string;
  readonly n: number;
  readonly tags: readonly string[];
}

/** One operation on one document. */
export type Operation =
  | { readonly kind: 'Create' | 'Upsert' | 'Replace'; readonly body: Body }
  | { readonly kind: 'Delete' | 'Read'; readonly id: string; readonly pk: string }
  | { readonly kind: 'Patch'; readonly id: string; readonly pk: string; readonly by: number; readonly tag: string }
  /** A patch under the condition `c.n < below`. */
  | { readonly kind: 'ConditionalPatch'; readonly id: string; readonly pk: string; readonly below: number };

const keyOf = (pk: string, id: string): string => `${pk}/${id}`;

/** The documents of a container, and what each operation does to them. */
export class Model {
  /** In the order of the last write. */
  #documents: Map<string, Body>;

  constructor(documents: Iterable<[string, Body]> = []) {
    this.#documents = new Map(documents);
  }

  /** All documents, those written last at the end. */
  documents(): Body[] {
    return [...this.#documents.values()];
  }

  find(pk: string, id: string): Body | undefined {
    return this.#documents.get(keyOf(pk, id));
  }

  copy(): Model {
    return new Model(this.#documents);
  }

  /** Does what the operation does and returns its status code. */
  apply(operation: Operation): number {
    switch (operation.kind) {
      case 'Create':
        return this.find(operation.body.pk, operation.body.id) === undefined ? this.#write(operation.body, 201) : 409;
      case 'Upsert':
        return this.#write(operation.body, this.find(operation.body.pk, operation.body.id) === undefined ? 201 : 200);
      case 'Replace':
        return this.find(operation.body.pk, operation.body.id) === undefined ? 404 : this.#write(operation.body, 200);
      case 'Read':
        return this.find(operation.pk, operation.id) === undefined ? 404 : 200;
      case 'Delete':
        return this.#documents.delete(keyOf(operation.pk, operation.id)) ? 204 : 404;
      case 'Patch': {
        const body = this.find(operation.pk, operation.id);
        if (body === undefined) return 404;
        return this.#write({ ...body, n: body.n + operation.by, tags: [...body.tags, operation.tag] }, 200);
      }
      case 'ConditionalPatch': {
        const body = this.find(operation.pk, operation.id);
        if (body === undefined) return 404;
        return body.n < operation.below ? this.#write({ ...body, n: body.n + 1 }, 200) : 412;
      }
      default:
        return operation satisfies never;
    }
  }

  /** All of the operations, or none: the status codes as a transactional batch answers them. */
  applyBatch(operations: readonly Operation[]): number[] {
    const attempt = this.copy();
    const statuses: number[] = [];
    for (const operation of operations) {
      const status = attempt.apply(operation);
      if (status >= 400) return operations.map((_, index) => (index === statuses.length ? status : 424));
      statuses.push(status);
    }
    this.#documents = attempt.#documents;
    return statuses;
  }

  #write(body: Body, status: number): number {
    const key = keyOf(body.pk, body.id);
    this.#documents.delete(key);
    this.#documents.set(key, body);
    return status;
  }
}
