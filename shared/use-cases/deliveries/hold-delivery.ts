import type { DeliveryDocument } from '../../core/documents/delivery.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { announceLinks, beginAttempt, isDue } from '../../core/webhooks/advance-delivery.ts';

type Needs = Pick<Deps, 'deliveries' | 'engine' | 'now'>;

/** A delivery in the hands of one worker: every write is conditional on the last. */
export class DeliveryHold {
  readonly #deps: Needs;
  readonly #scope: Scope;
  #stored: Stored<DeliveryDocument>;

  constructor(deps: Needs, scope: Scope, stored: Stored<DeliveryDocument>) {
    this.#deps = deps;
    this.#scope = scope;
    this.#stored = stored;
  }

  get document(): DeliveryDocument {
    return this.#stored.document;
  }

  /** False when someone else has taken the delivery meanwhile: then nothing more may be done for it. */
  async write(document: DeliveryDocument): Promise<boolean> {
    const result = await this.#deps.deliveries.write(this.#scope, {
      kind: 'replace',
      document,
      etag: this.#stored.etag,
    });
    if (result.ok) this.#stored = { document, etag: result.etag };
    return result.ok;
  }

  /** Says what the delivery is about; kept with the next write. */
  name(recordKeys: readonly string[]): void {
    this.#stored = { ...this.#stored, document: { ...this.document, recordKeys: [...recordKeys] } };
  }

  announce(linkIds: readonly string[]): Promise<boolean> {
    return this.write(announceLinks(this.document, linkIds, leaseEnd(this.#deps)));
  }

  /** Renews the lease once half of it has passed. */
  async keep(): Promise<boolean> {
    const leftMs = Date.parse(this.document.processing.leaseUntil ?? '') - this.#deps.now().getTime();
    return leftMs > this.#deps.engine.leaseMs / 2 || this.announce([]);
  }
}

/** Takes a delivery for a try; `undefined` when it is at an end, in other hands, or not due yet. */
export async function takeDelivery(deps: Needs, scope: Scope, id: string): Promise<DeliveryHold | undefined> {
  const stored = await deps.deliveries.get(scope, { id });
  if (stored === undefined || !isDue(stored.document, deps.now().getTime())) return undefined;
  const hold = new DeliveryHold(deps, scope, stored);
  const taken = beginAttempt(stored.document, deps.now().toISOString(), leaseEnd(deps));
  return (await hold.write(taken)) ? hold : undefined;
}

function leaseEnd({ now, engine }: Needs): string {
  return new Date(now().getTime() + engine.leaseMs).toISOString();
}
