import { parseArgs } from 'node:util';
import { type CosmosOptions, startCosmos } from './server.ts';

const USAGE =
  'Usage: node local/cosmos/main.ts [--port 0] (--data-dir DIR | --ephemeral) [--key BASE64] [--stale-reads-ms N] [--partitions N] [--tls-folder DIR [--jwks-uri URL]]';

function parseOptions(): CosmosOptions {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'data-dir': { type: 'string' },
      ephemeral: { type: 'boolean', default: false },
      key: { type: 'string' },
      'stale-reads-ms': { type: 'string' },
      partitions: { type: 'string' },
      'tls-folder': { type: 'string' },
      'jwks-uri': { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port ${values.port} is no port. ${USAGE}`);
  const lag = values['stale-reads-ms'];
  if (lag !== undefined && !/^\d+$/.test(lag)) throw new Error(`--stale-reads-ms ${lag} is no number. ${USAGE}`);
  const { partitions } = values;
  if (partitions !== undefined && !/^[1-9]\d?$/.test(partitions))
    throw new Error(`--partitions ${partitions} is not a number from 1 to 99. ${USAGE}`);
  const { 'data-dir': dataDir, 'tls-folder': tlsFolder, 'jwks-uri': jwksUri } = values;
  if (dataDir === undefined && !values.ephemeral) throw new Error(`Say where the data live. ${USAGE}`);
  return {
    port,
    ...(values.ephemeral || dataDir === undefined ? {} : { dataDir }),
    ...(values.key === undefined ? {} : { key: values.key }),
    ...(lag === undefined ? {} : { staleReadLagMs: Number(lag) }),
    ...(partitions === undefined ? {} : { partitions: Number(partitions) }),
    ...(tlsFolder === undefined ? {} : { tlsFolder }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
  };
}

async function run(): Promise<void> {
  const server = await startCosmos(parseOptions());
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      void server.close().then(() => process.exit(0));
    });
  }
  const { endpoint, key, certificatePath } = server;
  process.stdout.write(`${JSON.stringify({ ready: true, endpoint, key, certificatePath })}\n`);
}

try {
  await run();
} catch (error) {
  process.stderr.write(`cosmos: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
