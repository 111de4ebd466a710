import { createHash } from 'node:crypto';
import type { DeliveryBodies } from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { Faults } from './faults.ts';

export class MemoryDeliveryBodies implements DeliveryBodies {
  readonly #faults: Faults;
  readonly #bodies = new Map<string, Uint8Array>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  async put(scope: Scope, bytes: Uint8Array): Promise<string> {
    await this.#faults.enter('deliveryBodies', 'put', 1);
    const name = createHash('sha256').update(bytes).digest('hex');
    return this.#faults.step(`deliveryBodies put ${name}`, () => {
      this.#bodies.set(`${scope.tenantId}/${name}`, bytes.slice());
      return name;
    });
  }

  async get(scope: Scope, name: string): Promise<Uint8Array> {
    await this.#faults.enter('deliveryBodies', 'get', 1);
    const body = this.#bodies.get(`${scope.tenantId}/${name}`);
    if (body === undefined) throw new Error(`There is no body ${name}`);
    return body.slice();
  }

  async has(scope: Scope, name: string): Promise<boolean> {
    await this.#faults.enter('deliveryBodies', 'has', 1);
    return this.#bodies.has(`${scope.tenantId}/${name}`);
  }

  async erase(scope: Scope, name = ''): Promise<void> {
    await this.#faults.enter('deliveryBodies', 'erase', 1);
    this.#faults.step('deliveryBodies erase', () => {
      for (const place of [...this.#bodies.keys()])
        if (place.startsWith(`${scope.tenantId}/${name}`)) this.#bodies.delete(place);
    });
  }

  /** All bodies as text, for a test's search. */
  texts(): string[] {
    return [...this.#bodies.values()].map((bytes) => Buffer.from(bytes).toString('utf8'));
  }
}
