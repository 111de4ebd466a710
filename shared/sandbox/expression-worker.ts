import { parentPort, workerData } from 'node:worker_threads';
import type { Program } from '../core/conversion/deferral.ts';
import type { Json } from '../core/json.ts';
import type { Scripts } from './evaluate-script.ts';
import type { Evaluate } from './evaluate-template.ts';
import { limits, tooMuchOutput } from './limits.ts';
import type { Outcome, Work, WorkerSetup } from './protocol.ts';
import { Refused } from './refused.ts';

/**
 * The thread in which programs of one tenant run. It is ended from outside when it stands still or needs too much memory, so it holds nothing that
 * matters.
 */
const setup: WorkerSetup = workerData;
const progress = new Int32Array(setup.progress);

let loadingScripts: Promise<Scripts> | undefined;
const templates = new Map<string, Evaluate>();

useUtc();
parentPort?.on('message', (work: Work) => {
  carryOut(work).catch((error: unknown) => {
    throw error;
  });
});

/** Outcomes are told as they come, so that what was done before this thread is ended need not be done again. */
async function carryOut(work: Work): Promise<void> {
  if (work.programs.some((program) => program.language === 'script')) await scripts();
  if (work.programs.some((program) => program.language === 'template')) await import('./evaluate-template.ts');
  const count = work.kind === 'check' ? work.programs.length : work.evaluations.length;
  let told = performance.now();
  let outcomes: Outcome[] = [];
  for (let index = 0; index < count; index += 1) {
    Atomics.store(progress, 0, index + 1);
    outcomes.push(await attempt(() => (work.kind === 'check' ? check(work.programs[index]) : evaluate(work, index))));
    if (outcomes.length < mostUntold && performance.now() - told < longestUntoldMs && index + 1 < count) continue;
    parentPort?.postMessage(outcomes);
    outcomes = [];
    told = performance.now();
  }
  Atomics.store(progress, 0, 0);
}

const mostUntold = 256;
const longestUntoldMs = 5;

async function attempt(run: () => Promise<string | undefined>): Promise<Outcome> {
  try {
    const text = await run();
    if (text === undefined) return {};
    return text.length > limits.outputLength ? { refusal: tooMuchOutput } : { text };
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.message };
    const message = (error as { readonly message?: unknown } | undefined)?.message;
    return { refusal: `failed: ${String(message ?? error).slice(0, 200)}` };
  }
}

async function check(program: Program | undefined): Promise<undefined> {
  if (program === undefined) return;
  if (program.language === 'template') await templateOf(program.source);
  else (await scripts()).check(program.source);
}

async function evaluate(work: Extract<Work, { kind: 'evaluate' }>, index: number): Promise<string | undefined> {
  const evaluation = work.evaluations[index];
  const program = evaluation === undefined ? undefined : work.programs[evaluation.program];
  if (evaluation === undefined || program === undefined) throw new Error('The work names no program');
  const record: Json = work.records[evaluation.record] ?? null;
  if (program.language === 'script') return (await scripts()).evaluate(program.source, record, evaluation.item);
  const value = await (await templateOf(program.source))(record, evaluation.item);
  // A function is no value; JSON leaves it out inside of others as well.
  return value === undefined || typeof value === 'function' ? undefined : JSON.stringify(value);
}

async function templateOf(source: string): Promise<Evaluate> {
  const known = templates.get(source);
  if (known !== undefined) return known;
  const { compileTemplate } = await import('./evaluate-template.ts');
  const compiled = compileTemplate(source);
  templates.set(source, compiled);
  return compiled;
}

function scripts(): Promise<Scripts> {
  loadingScripts ??= import('./evaluate-script.ts').then(({ openScripts }) => openScripts());
  return loadingScripts;
}

/** QuickJS asks this realm's dates for the local time; a result must not depend on where the machine stands. */
function useUtc(): void {
  const dates = Date.prototype;
  dates.getTimezoneOffset = () => 0;
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'] as const) {
    dates[`get${part}`] = dates[`getUTC${part}`];
  }
}
