/**
 * Preloaded into the twin's processes, under `--expose-gc`: after work, V8 keeps the memory that the work needed, which on
 * a laptop is hundreds of megabytes of garbage. Here it goes back to the system once the process has come to rest.
 */
const checkEveryMs = 1000;
/** At rest: under 5 % of a core for three checks, by when caches that nobody uses have been given up. */
const restMs = checkEveryMs * 0.05;
const restChecks = 3;
/** Processor time after which there is enough garbage to be worth a collection of 0.1 s. */
const worthwhileMs = 500;

const collect = globalThis.gc;
if (collect === undefined) throw new Error('return-memory needs --expose-gc');

let before = process.cpuUsage();
let workedMs = 0;
let checksAtRest = 0;

const check = (): void => {
  const { user, system } = process.cpuUsage(before);
  const usedMs = (user + system) / 1000;
  workedMs += usedMs;
  checksAtRest = usedMs < restMs ? checksAtRest + 1 : 0;
  if (checksAtRest >= restChecks && workedMs > worthwhileMs) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    workedMs = 0;
  }
  before = process.cpuUsage();
};

setInterval(check, checkEveryMs).unref();
