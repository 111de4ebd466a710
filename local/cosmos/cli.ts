import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Container, CosmosClient, type Database, type FeedOptions, type SqlParameter } from '@azure/cosmos';
import { LOCAL_KEY } from './local-key.ts';
import { startCosmos } from './server.ts';

const USAGE = `Usage: npm run cosmos -- query 'SELECT …' (--endpoint URL | --data-dir DIR) [--key BASE64]
    [--database D] [--container C] [--partition '["key"]'] [--parameters '{"@name": 1}']
  Prints one result a line, as JSON. The database and the container may be left out where there is but one.
  --data-dir opens the files of a server that does not run.`;

interface Arguments {
  readonly query: string;
  readonly endpoint: string | undefined;
  readonly dataDir: string | undefined;
  readonly key: string;
  readonly database: string | undefined;
  readonly container: string | undefined;
  readonly partition: unknown;
  readonly parameters: SqlParameter[];
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} must be JSON: ${text}`);
  }
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      endpoint: { type: 'string' },
      'data-dir': { type: 'string' },
      key: { type: 'string', default: LOCAL_KEY },
      database: { type: 'string' },
      container: { type: 'string' },
      partition: { type: 'string' },
      parameters: { type: 'string' },
    },
  });
  const [command, query, ...more] = positionals;
  const { endpoint, 'data-dir': dataDir } = values;
  if (command !== 'query' || query === undefined || more.length > 0) throw new Error(USAGE);
  if ((endpoint === undefined) === (dataDir === undefined)) throw new Error(`Say where the data are.\n${USAGE}`);
  if (dataDir !== undefined && !existsSync(dataDir)) throw new Error(`There is no directory ${dataDir}.`);
  const parameters = Object.entries(parseJson('--parameters', values.parameters ?? '{}') as Record<string, never>);
  return {
    query,
    endpoint,
    dataDir,
    key: values.key,
    database: values.database,
    container: values.container,
    partition: values.partition === undefined ? undefined : parseJson('--partition', values.partition),
    parameters: parameters.map(([name, value]) => ({ name, value })),
  };
}

/** The one that was named, or the only one there is. */
function choose(kind: string, named: string | undefined, ids: readonly string[]): string {
  if (named !== undefined) return named;
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0) return only;
  throw new Error(`Say which ${kind} with --${kind}: ${ids.join(', ') || `there is no ${kind}`}`);
}

async function openContainer(client: CosmosClient, wanted: Arguments): Promise<Container> {
  const databases = wanted.database === undefined ? (await client.databases.readAll().fetchAll()).resources : [];
  const database: Database = client.database(
    choose(
      'database',
      wanted.database,
      databases.map(({ id }) => id),
    ),
  );
  const containers = wanted.container === undefined ? (await database.containers.readAll().fetchAll()).resources : [];
  return database.container(
    choose(
      'container',
      wanted.container,
      containers.map(({ id }) => id),
    ),
  );
}

async function printResults(client: CosmosClient, wanted: Arguments): Promise<void> {
  const container = await openContainer(client, wanted);
  const options: FeedOptions =
    wanted.partition === undefined
      ? {}
      : { partitionKey: wanted.partition as NonNullable<FeedOptions['partitionKey']> };
  const iterator = container.items.query({ query: wanted.query, parameters: wanted.parameters }, options);
  while (iterator.hasMoreResults()) {
    for (const result of (await iterator.fetchNext()).resources ?? []) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  }
}

async function run(): Promise<void> {
  const wanted = readArguments();
  const server =
    wanted.dataDir === undefined ? undefined : await startCosmos({ dataDir: wanted.dataDir, key: wanted.key });
  const client = new CosmosClient({ endpoint: server?.endpoint ?? wanted.endpoint ?? '', key: wanted.key });
  try {
    await printResults(client, wanted);
  } finally {
    client.dispose();
    await server?.close();
  }
}

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
