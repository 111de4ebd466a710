import { badRequest, conflict, notFound } from '../errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../json.ts';
import { type PartitionKeyDefinition, parseDefinition } from '../partition-key.ts';
import { containerRid, databaseRid, etagOf, offerId } from '../resource-id.ts';
import { completeContainer, parseContainer } from './container-definition.ts';
import type { Database } from './database.ts';
import { createIndexKeeper, type IndexKeeper } from './indexes.ts';
import { ItemStore } from './item-store.ts';

/** A database of the account. */
export interface DatabaseEntry {
  readonly number: number;
  readonly id: string;
  readonly rid: string;
  /** The resource as clients see it. */
  resource: JsonObject;
  throughput: number | null;
  readonly containers: Map<string, ContainerEntry>;
}

/** A container with everything that operations on its items need. */
export interface ContainerEntry {
  readonly database: Database;
  readonly number: number;
  readonly id: string;
  readonly rid: string;
  /** The resource as clients see it. */
  resource: JsonObject;
  throughput: number | null;
  readonly partitionKey: PartitionKeyDefinition;
  readonly items: ItemStore;
  readonly indexes: IndexKeeper;
}

const now = (): number => Math.floor(Date.now() / 1000);

/** Databases and containers: kept in memory, every change committed to SQLite first. */
export class Catalog {
  readonly database: Database;
  /** How many physical partitions every container seems to have. */
  readonly partitionCount: number;
  readonly #databases = new Map<string, DatabaseEntry>();

  constructor(database: Database, partitionCount = 1) {
    this.database = database;
    this.partitionCount = partitionCount;
    for (const row of database.prepare('SELECT number, id, body, throughput FROM databases').all()) {
      const resource = JSON.parse(String(row['body'])) as JsonObject;
      const throughput = row['throughput'] === null ? null : Number(row['throughput']);
      this.#addDatabase(Number(row['number']), String(row['id']), resource, throughput);
    }
    const byNumber = new Map([...this.#databases.values()].map((entry) => [entry.number, entry]));
    for (const row of database.prepare('SELECT number, database, body, throughput FROM containers').all()) {
      const owner = byNumber.get(Number(row['database']));
      if (owner === undefined) throw new Error(`Container ${String(row['number'])} has no database.`);
      const throughput = row['throughput'] === null ? null : Number(row['throughput']);
      this.#addContainer(owner, Number(row['number']), JSON.parse(String(row['body'])) as JsonObject, throughput);
    }
  }

  databases(): DatabaseEntry[] {
    return [...this.#databases.values()];
  }

  /** @throws CosmosError 404 */
  findDatabase(id: string): DatabaseEntry {
    const entry = this.#databases.get(id);
    if (entry === undefined) throw notFound(`Database '${id}' was not found.`);
    return entry;
  }

  /** @throws CosmosError 404 */
  findContainer(databaseId: string, id: string): ContainerEntry {
    const entry = this.findDatabase(databaseId).containers.get(id);
    if (entry === undefined) throw notFound(`Container '${id}' was not found.`);
    return entry;
  }

  /** Everything that can have throughput of its own. */
  throughputOwners(): (DatabaseEntry | ContainerEntry)[] {
    return this.databases().flatMap((database) => [database, ...database.containers.values()]);
  }

  /** The database or container whose offer has this id (in any case: signatures are over lower case). @throws CosmosError 404 */
  findOffered(id: string): DatabaseEntry | ContainerEntry {
    const owner = this.throughputOwners().find((entry) => entry.throughput !== null && offerId(entry.rid) === id);
    if (owner === undefined) throw notFound(`Offer '${id}' was not found.`);
    return owner;
  }

  /** Changes provisioned throughput, in request units a second. */
  setThroughput(owner: DatabaseEntry | ContainerEntry, throughput: number): void {
    const table = 'items' in owner ? 'containers' : 'databases';
    this.database.prepare(`UPDATE ${table} SET throughput = ? WHERE number = ?`).run(throughput, owner.number);
    owner.throughput = throughput;
  }

  /** @throws CosmosError 409 when the id is taken. */
  createDatabase(id: string, throughput: number | null): DatabaseEntry {
    if (this.#databases.has(id)) throw conflict();
    this.database.reserveLsns(1);
    const insert = this.database.prepare("INSERT INTO databases (id, body, throughput) VALUES (?, '', ?)");
    return this.database.transaction(() => {
      const number = Number(insert.run(id, throughput).lastInsertRowid);
      const rid = databaseRid(number);
      const resource = {
        id,
        _rid: rid,
        _self: `dbs/${rid}/`,
        _etag: etagOf(this.database.nextLsn()),
        _colls: 'colls/',
        _users: 'users/',
        _ts: now(),
      };
      this.database.prepare('UPDATE databases SET body = ? WHERE number = ?').run(JSON.stringify(resource), number);
      return this.#addDatabase(number, id, resource, throughput);
    });
  }

  /** Deletes a database with all that is in it. */
  deleteDatabase(id: string): void {
    const entry = this.findDatabase(id);
    this.database.transaction(() => {
      for (const container of entry.containers.values()) this.#dropContainer(container);
      this.database.prepare('DELETE FROM databases WHERE number = ?').run(entry.number);
    });
    this.#databases.delete(id);
  }

  /** @throws CosmosError 400 for an invalid definition, 409 when the id is taken. */
  createContainer(owner: DatabaseEntry, definition: Json, throughput: number | null): ContainerEntry {
    const parsed = parseContainer(definition);
    if (owner.containers.has(parsed.id)) throw conflict();
    this.database.reserveLsns(1);
    return this.database.transaction(() => {
      const insert = this.database.prepare(
        "INSERT INTO containers (database, id, body, throughput) VALUES (?, ?, '', ?)",
      );
      const number = Number(insert.run(owner.number, parsed.id, throughput).lastInsertRowid);
      const resource = this.#systemProperties(owner, number, completeContainer(parsed));
      this.database.prepare('UPDATE containers SET body = ? WHERE number = ?').run(JSON.stringify(resource), number);
      return this.#addContainer(owner, number, resource, throughput);
    });
  }

  /** Replaces a container's settings; its documents stay. @throws CosmosError 400 when the key would change. */
  replaceContainer(owner: DatabaseEntry, id: string, definition: Json): ContainerEntry {
    const entry = this.findContainer(owner.id, id);
    const parsed = completeContainer(parseContainer(definition));
    if (parsed['id'] !== id) throw badRequest('The id of a container cannot be changed.');
    for (const fixed of ['partitionKey', 'uniqueKeyPolicy'] as const) {
      if (canonicalJson(parsed[fixed]) !== canonicalJson(entry.resource[fixed])) {
        throw badRequest(`Document collection ${fixed} cannot be changed.`);
      }
    }
    this.database.reserveLsns(1);
    const resource = this.#systemProperties(owner, entry.number, parsed);
    this.database.transaction(() => {
      const update = this.database.prepare('UPDATE containers SET body = ? WHERE number = ?');
      update.run(JSON.stringify(resource), entry.number);
      if (parsed['defaultTtl'] !== entry.resource['defaultTtl']) {
        entry.items.applyDefaultTtl(parsed['defaultTtl'] as number | undefined);
      }
    });
    entry.resource = resource;
    entry.indexes.usePolicy(resource);
    return entry;
  }

  deleteContainer(owner: DatabaseEntry, id: string): void {
    const entry = this.findContainer(owner.id, id);
    this.database.transaction(() => this.#dropContainer(entry));
    owner.containers.delete(id);
  }

  #dropContainer(container: ContainerEntry): void {
    this.database.execute(`DROP TABLE ${container.items.table}`);
    this.database.prepare('DELETE FROM containers WHERE number = ?').run(container.number);
  }

  #systemProperties(owner: DatabaseEntry, number: number, definition: JsonObject): JsonObject {
    const rid = containerRid(owner.number, number);
    return {
      ...definition,
      _rid: rid,
      _ts: now(),
      _self: `dbs/${owner.rid}/colls/${rid}/`,
      _etag: etagOf(this.database.nextLsn()),
      _docs: 'docs/',
      _sprocs: 'sprocs/',
      _triggers: 'triggers/',
      _udfs: 'udfs/',
      _conflicts: 'conflicts/',
    };
  }

  #addDatabase(number: number, id: string, resource: JsonObject, throughput: number | null): DatabaseEntry {
    const entry = { number, id, rid: databaseRid(number), resource, throughput, containers: new Map() };
    this.#databases.set(id, entry);
    return entry;
  }

  #addContainer(owner: DatabaseEntry, number: number, resource: JsonObject, throughput: number | null): ContainerEntry {
    const partitionKey = parseDefinition(resource['partitionKey']);
    const self = String(resource['_self']);
    const place = { database: this.database, databaseNumber: owner.number, containerNumber: number };
    const items = new ItemStore({ ...place, self, partitionKey }, resource['defaultTtl'] as number | undefined);
    const indexes = createIndexKeeper(this.database, items, resource);
    const id = String(resource['id']);
    const rid = containerRid(owner.number, number);
    const entry = { database: this.database, number, id, rid, resource, throughput, partitionKey, items, indexes };
    owner.containers.set(id, entry);
    return entry;
  }
}
