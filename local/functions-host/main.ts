import { Console } from 'node:console';
import { parseArgs } from 'node:util';
import { ConfigurationError } from './config/errors.ts';
import { type Host, startHost } from './host.ts';
import { describeError } from './log.ts';

/** After this the process ends with what is unfinished. */
const DRAIN_LIMIT_MS = 8_000;

const USAGE = `Runs a built Azure Functions app (Node.js programming model v4).

  node local/functions-host/main.ts --app-root DIR [--port N] [--keys-file FILE] [--ignore-keys]

  --app-root     the folder with host.json and package.json
  --port         0, the default, takes a free one
  --keys-file    function keys as JSON; written when there is no such file
  --ignore-keys  let every request pass, as "func start" does
`;

const writeLog = (text: string): void => {
  process.stderr.write(text);
};

const fail = (message: string): never => {
  writeLog(`${message}\n`);
  process.exit(1);
};

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        'app-root': { type: 'string' },
        port: { type: 'string', default: '0' },
        'keys-file': { type: 'string' },
        'ignore-keys': { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    const appRoot = values['app-root'];
    if (appRoot === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
      return fail(USAGE);
    }
    return { appRoot, port, keysFile: values['keys-file'], ignoreKeys: values['ignore-keys'] };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
};

/** A worker whose code throws outside of any handler ends; what was in flight comes back through its trigger. */
const endOnUncaught = (): void => {
  process.on('uncaughtException', (error) => fail(`Uncaught exception: ${describeError(error)}`));
  process.on('unhandledRejection', (reason) => fail(`Unhandled rejection: ${describeError(reason)}`));
};

const drainOnSignal = (host: Host): void => {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      return;
    }
    isStopping = true;
    host.log('information', 'Host.Shutdown', `${signal}: finishing what has begun`);
    setTimeout(() => fail(`Not finished after ${DRAIN_LIMIT_MS} ms: ending anyway`), DRAIN_LIMIT_MS);
    host.drain().then(
      () => process.exit(0),
      (error: unknown) => fail(`Shutdown failed: ${describeError(error)}`),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

/** A wrong setting is explained by its message; where in the host it was found helps nobody. */
const describeCauses = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}: ${describeCauses(error.cause)}` : error.message;

const options = readOptions();
// stdout is for the announcement alone; what the app prints goes with the log.
globalThis.console = new Console(process.stderr, process.stderr);
endOnUncaught();
try {
  const host = await startHost({ ...options, writeLog });
  drainOnSignal(host);
  process.stdout.write(`${JSON.stringify({ ready: true, url: host.url, functions: host.functions })}\n`);
} catch (error) {
  const reason = error instanceof ConfigurationError ? describeCauses(error) : describeError(error);
  fail(`The host cannot start: ${reason}`);
}
