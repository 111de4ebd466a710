import { Console } from 'node:console';
import { url as debuggerUrl } from 'node:inspector';
import { parseArgs } from 'node:util';
import { ConfigurationError } from './config/errors.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type Host, startHost } from './host.ts';
import { describeError } from './log.ts';
import { type SupervisedHost, superviseHost } from './supervise.ts';

/** After this the process ends with what is unfinished. */
const DRAIN_LIMIT_MS = 8_000;
/** How long the triggers may take to settle what a crash has left. */
const ABANDON_LIMIT_MS = 4_000;

const USAGE = `Runs a built Azure Functions app (Node.js programming model v4).

  node local/functions-host/main.ts --app-root DIR [--port N] [--keys-file FILE] [--ignore-keys]
                                     [--durable-dir DIR] [--restart]

  --app-root     the folder with host.json and package.json
  --port         0, the default, takes a free one
  --keys-file    function keys as JSON; written when there is no such file
  --ignore-keys  let every request pass, as "func start" does
  --durable-dir  where Durable Functions keep their state; .durable in the app's folder unless given
  --restart      start the app again when it crashes or exceeds functionTimeout
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
        'durable-dir': { type: 'string' },
        restart: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    const appRoot = values['app-root'];
    if (appRoot === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
      return fail(USAGE);
    }
    const { 'keys-file': keysFile, 'ignore-keys': ignoreKeys, 'durable-dir': durableDir, restart } = values;
    return { appRoot, port, keysFile, ignoreKeys, durableDir, restart };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
};

type Options = ReturnType<typeof readOptions>;

const runHost = async (options: Options): Promise<void> => {
  let host: Host | undefined;
  let isEnding = false;
  /** The app cannot go on: what runs fails, as when a worker ends in Azure, and the process ends with 1. */
  const crash = (reason: string, details = reason): void => {
    writeLog(`${details}\n`);
    if (isEnding) {
      return;
    }
    isEnding = true;
    setTimeout(() => fail(`Not settled after ${ABANDON_LIMIT_MS} ms`), ABANDON_LIMIT_MS);
    (host?.abandon(reason) ?? Promise.resolve()).then(
      () => process.exit(1),
      (error: unknown) => fail(`What ran could not be settled: ${describeError(error)}`),
    );
  };
  process.on('uncaughtException', (error) =>
    crash('Uncaught exception', `Uncaught exception: ${describeError(error)}`),
  );
  process.on('unhandledRejection', (error) =>
    crash('Unhandled rejection', `Unhandled rejection: ${describeError(error)}`),
  );
  const onTimeout = (reason: string): void => {
    // Whoever stands at a breakpoint has all the time.
    if (debuggerUrl() === undefined) {
      crash(reason, `${reason}: ending the app`);
    } else {
      writeLog(`${reason}; a debugger is attached: it goes on\n`);
    }
  };
  const stop = (signal: NodeJS.Signals): void => {
    if (isEnding || host === undefined) {
      return;
    }
    isEnding = true;
    host.log('information', 'Host.Shutdown', `${signal}: finishing what has begun`);
    setTimeout(() => fail(`Not finished after ${DRAIN_LIMIT_MS} ms: ending anyway`), DRAIN_LIMIT_MS);
    host.drain().then(
      () => process.exit(0),
      (error: unknown) => fail(`Shutdown failed: ${describeError(error)}`),
    );
  };
  host = await startHost({ ...options, writeLog, onTimeout });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (debuggerUrl() === undefined) {
    startHeartbeat(host.functionTimeoutMs);
  }
  process.stdout.write(`${JSON.stringify({ ready: true, url: host.url, functions: host.functions })}\n`);
};

/** A wrong setting is explained by its message; where in the host it was found helps nobody. */
const describeCauses = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}: ${describeCauses(error.cause)}` : error.message;

const options = readOptions();
/** Passes the announcement on once, and signals that end both. */
const supervise = async (): Promise<number> => {
  let host: SupervisedHost | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (host === undefined) {
      // One that is starting ends with its parent.
      process.exit(0);
    }
    // Its end is awaited below.
    void host.stop(signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  host = await superviseHost({
    // A debugger's port is taken by this process already.
    nodeFlags: process.execArgv.filter((flag) => !flag.startsWith('--inspect')),
    args: process.argv.slice(2).filter((arg) => arg !== '--restart'),
    env: process.env,
    writeLog: (line) => writeLog(`${line}\n`),
  });
  if (host === undefined) {
    return 1;
  }
  process.stdout.write(`${JSON.stringify(host.ready)}\n`);
  return host.ended;
};

if (options.restart) {
  process.exitCode = await supervise();
} else {
  // stdout is for the announcement alone; what the app prints goes with the log.
  globalThis.console = new Console(process.stderr, process.stderr);
  try {
    await runHost(options);
  } catch (error) {
    const reason = error instanceof ConfigurationError ? describeCauses(error) : describeError(error);
    fail(`The host cannot start: ${reason}`);
  }
}
