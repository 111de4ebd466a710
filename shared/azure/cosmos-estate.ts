import type { Container, ItemDefinition, PartitionKey, SqlQuerySpec } from '@azure/cosmos';
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

  /** Ids are unique in a partition only: of the last one of a page all documents are given, however many. */
  async list(scope: Scope, container: string, afterId: string | undefined, limit: number): Promise<EstatePage> {
    const spec = specOf(container);
    const opened = await this.#open(nameOf(container));
    const after = afterId === undefined ? [] : [{ name: '@after', value: afterId }];
    const found = await this.#query(opened, spec, scope, {
      query: `SELECT TOP ${limit} * FROM c WHERE c.tenantId = @tenant${afterId === undefined ? '' : ' AND c.id > @after'} ORDER BY c.id ASC`,
      parameters: [{ name: '@tenant', value: scope.tenantId }, ...after],
    });
    const last = found.at(-1)?.id;
    if (found.length < limit || last === undefined)
      return { documents: found.map((body) => documentOf(container, body)) };
    const same = await this.#query(opened, spec, scope, {
      query: 'SELECT * FROM c WHERE c.tenantId = @tenant AND c.id = @id',
      parameters: [
        { name: '@tenant', value: scope.tenantId },
        { name: '@id', value: last },
      ],
    });
    const all = [...found.filter(({ id }) => id !== last), ...same];
    return { documents: all.map((body) => documentOf(container, body)), next: last };
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

  async replace(_scope: Scope, { container, body, etag }: EstateDocument, next: JsonObject): Promise<void> {
    const opened = await this.#open(nameOf(container));
    const item = opened.item(String(body['id']), keyOf(specOf(container), body));
    const accessCondition = { type: 'IfMatch', condition: etag };
    await tryAgain(storeBudget(this.#random), () => item.replace(next as ItemDefinition, { accessCondition }));
  }

  async #query(
    container: Container,
    { partitionKeyPaths }: ContainerSpec,
    { tenantId }: Scope,
    query: SqlQuerySpec,
  ): Promise<ItemDefinition[]> {
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

function documentOf(container: string, stored: ItemDefinition): EstateDocument {
  const body = Object.fromEntries(Object.entries(stored).filter(([name]) => !name.startsWith('_')));
  return { container, body: body as JsonObject, etag: String(stored['_etag']) };
}
