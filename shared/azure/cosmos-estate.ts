import type { ItemDefinition, PartitionKey } from '@azure/cosmos';
import type { JsonObject } from '../core/json.ts';
import type { Estate, EstateDocument, EstatePage } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { type ContainerName, type ContainerSpec, containers } from './containers.ts';
import type { OpenContainer } from './cosmos-client.ts';
import { storeBudget, tryAgain } from './try-again.ts';

/** Everything that Cosmos keeps of a tenant, whatever its kind, by container. */
export class CosmosEstate implements Estate {
  readonly #open: OpenContainer;
  readonly #random: () => number;

  constructor({ open, random }: { readonly open: OpenContainer; readonly random: () => number }) {
    this.#open = open;
    this.#random = random;
  }

  /**
   * Ids are unique in a partition only, and no index orders by both: documents that share the id at which a page would end are left to the next one; a
   * page of such alone is in the order of their partitions.
   */
  async list(scope: Scope, container: string, after: string | undefined, limit: number): Promise<EstatePage> {
    const [id, partition] = after === undefined ? [] : (JSON.parse(after) as [string, string?]);
    if (id !== undefined && partition !== undefined) return this.#listSame(scope, container, id, partition, limit);
    const found = await this.#ask(scope, container, {
      where: id === undefined ? '' : ' AND c.id > @id',
      orderBy: 'c.id',
      parameters: id === undefined ? {} : { '@id': id },
      limit,
    });
    const last = found.at(-1)?.id;
    if (found.length < limit || last === undefined) return { documents: documentsOf(container, found) };
    if (!isShared(container)) return { documents: documentsOf(container, found), next: JSON.stringify([last]) };
    const others = found.filter((each) => each.id !== last);
    const before = others.at(-1)?.id;
    if (before === undefined) return this.#listSame(scope, container, last, '', limit);
    return { documents: documentsOf(container, others), next: JSON.stringify([before]) };
  }

  async #listSame(scope: Scope, container: string, id: string, partition: string, limit: number): Promise<EstatePage> {
    const field = String(specOf(container).partitionKeyPaths[1]).slice(1);
    const documents = await this.#ask(scope, container, {
      where: ` AND c.id = @id AND c.${field} > @partition`,
      orderBy: `c.${field}`,
      parameters: { '@id': id, '@partition': partition },
      limit,
    });
    const last = documents.at(-1)?.[field];
    const next = documents.length < limit ? [id] : [id, String(last)];
    return { documents: documentsOf(container, documents), next: JSON.stringify(next) };
  }

  async remove(_scope: Scope, { container, body }: EstateDocument): Promise<void> {
    const spec = specOf(container);
    const opened = await this.#open(nameOf(container));
    try {
      await tryAgain(storeBudget(this.#random), () => opened.item(String(body['id']), keyOf(spec, body)).delete());
    } catch (error) {
      if ((error as { code?: unknown }).code !== 404) throw error;
    }
  }

  async replace(_scope: Scope, { container, body, etag }: EstateDocument, next: JsonObject): Promise<boolean> {
    const opened = await this.#open(nameOf(container));
    const item = opened.item(String(body['id']), keyOf(specOf(container), body));
    const accessCondition = { type: 'IfMatch', condition: etag };
    try {
      await tryAgain(storeBudget(this.#random), () => item.replace(next as ItemDefinition, { accessCondition }));
      return true;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 412 || code === 404) return false;
      throw error;
    }
  }

  async #ask(
    { tenantId }: Scope,
    name: string,
    asked: {
      readonly where: string;
      readonly orderBy: string;
      readonly parameters: Readonly<Record<string, string>>;
      readonly limit: number;
    },
  ): Promise<ItemDefinition[]> {
    const container = await this.#open(nameOf(name));
    const { partitionKeyPaths } = specOf(name);
    const query = {
      query: `SELECT TOP ${asked.limit} * FROM c WHERE c.tenantId = @tenant${asked.where} ORDER BY ${asked.orderBy} ASC`,
      parameters: Object.entries({ '@tenant': tenantId, ...asked.parameters }).map(([name, value]) => ({
        name,
        value,
      })),
    };
    const isTenants = partitionKeyPaths[0] === '/tenantId';
    const key = partitionKeyPaths.length > 1 ? [tenantId] : tenantId;
    const options = isTenants ? { partitionKey: key as PartitionKey } : {};
    const { resources } = await tryAgain(storeBudget(this.#random), () =>
      container.items.query<ItemDefinition>(query, options).fetchAll(),
    );
    return resources;
  }
}

function nameOf(container: string): ContainerName {
  for (const [name, spec] of Object.entries(containers)) if (spec.name === container) return name as ContainerName;
  throw new RangeError(`There is no container ${container}`);
}

function specOf(container: string): ContainerSpec {
  return containers[nameOf(container)];
}

function keyOf({ partitionKeyPaths }: ContainerSpec, body: JsonObject): PartitionKey {
  const values = partitionKeyPaths.map((path) => String(body[path.slice(1)]));
  return (values.length === 1 ? values[0] : values) as PartitionKey;
}

/** Whether documents of several partitions may have one id. */
function isShared(container: string): boolean {
  const second: string | undefined = specOf(container).partitionKeyPaths[1];
  return second !== undefined && second !== '/id';
}

function documentsOf(container: string, bodies: readonly ItemDefinition[]): EstateDocument[] {
  return bodies.map((body) => documentOf(container, body));
}

function documentOf(container: string, stored: ItemDefinition): EstateDocument {
  const body = Object.fromEntries(Object.entries(stored).filter(([name]) => !name.startsWith('_')));
  return { container, body: body as JsonObject, etag: String(stored['_etag']) };
}
