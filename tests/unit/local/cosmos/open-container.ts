import { draftFromValue } from '../../../../local/cosmos/document.ts';
import type { Json, JsonObject } from '../../../../local/cosmos/json.ts';
import { parseQueryRequest, runQuery } from '../../../../local/cosmos/operations/query.ts';
import { type KeyComponent, scopeFromHeader } from '../../../../local/cosmos/partition-key.ts';
import { Catalog, type ContainerEntry } from '../../../../local/cosmos/store/catalog.ts';
import { Database } from '../../../../local/cosmos/store/database.ts';

/** A container in memory, without the HTTP around it. */
export interface OpenContainer {
  readonly database: Database;
  readonly container: ContainerEntry;
  insert(documents: readonly JsonObject[]): void;
  /** All results of a query in one partition (`undefined`: in all), read in pages of `maxItems`. */
  read(request: Json, key?: readonly KeyComponent[], maxItems?: number): Json[];
  close(): void;
}

/** Opens a container; its partition key is `/pk` unless the definition says otherwise. */
export function openContainer(definition: JsonObject = {}): OpenContainer {
  const database = new Database(undefined);
  const catalog = new Catalog(database);
  const owner = catalog.createDatabase('d', null);
  const container = catalog.createContainer(owner, { id: 'c', partitionKey: { paths: ['/pk'] }, ...definition }, null);
  return {
    database,
    container,
    insert(documents) {
      database.reserveLsns(documents.length);
      database.transaction(() => {
        for (const document of documents)
          container.items.insert(draftFromValue(structuredClone(document), container.partitionKey));
      });
    },
    read(request, key, maxItems = 100) {
      const parsed = parseQueryRequest(request);
      const scope = scopeFromHeader(key === undefined ? undefined : JSON.stringify(key), container.partitionKey);
      const results: Json[] = [];
      let continuation: string | undefined;
      do {
        const page = runQuery(container, parsed, scope, { maxItems, continuation });
        results.push(...page.documents.map((text) => JSON.parse(text) as Json));
        continuation = page.continuation;
      } while (continuation !== undefined);
      return results;
    },
    close: () => database.close(),
  };
}
