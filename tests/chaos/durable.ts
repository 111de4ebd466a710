import { setTimeout as pause } from 'node:timers/promises';
import { array, nat, sample } from 'fast-check';
import { anyPlay, type Play } from '../kit/durable/any-play.ts';
import { type DurableHost, startDurableHost } from '../kit/durable/durable-host.ts';
import { startHttpAnswers } from '../kit/durable/http-answers.ts';
import { type PlayedPrograms, playPrograms } from '../kit/durable/play-programs.ts';

export interface DurableChaosCounts {
  /** Random programs that run undisturbed. */
  readonly programs: number;
  /** How many of them run again under SIGKILL. */
  readonly killPrograms: number;
  readonly kills: number;
}

export interface DurableChaosResult {
  readonly seed: number;
  readonly programs: number;
  /** Of them, those that came to something else than they must. */
  readonly mismatches: number;
  readonly killPrograms: number;
  readonly kills: number;
  readonly killMismatches: number;
  /** Instances that did not end, in both runs. */
  readonly stuck: number;
  /** Programs without an instance at the end. */
  readonly lost: number;
  /** Instances that are there twice, and in the undisturbed run activities that ran once too often. */
  readonly doubled: number;
  readonly activityRuns: number;
  /** Activities that ran again because a kill came before their result was kept. */
  readonly repeatedRuns: number;
  readonly forgottenTimer: ForgottenTimer;
}

interface ForgottenTimer {
  /** The orchestration had returned and was Running until the timer that it had not cancelled fired. */
  readonly keptRunning: boolean;
  /** How long the timer was, and how long the instance ran. */
  readonly timerMs: number;
  readonly ranMs: number;
}

const concurrency = 24;

/** Random programs with the outcome they must have; then some of them again while their host is killed with SIGKILL. */
export async function runDurablePrograms(
  counts: DurableChaosCounts,
  seed: number,
  say: (message: string) => void,
): Promise<DurableChaosResult> {
  const plays = sample(anyPlay, { seed, numRuns: Math.max(counts.programs, counts.killPrograms) });
  const answers = await startHttpAnswers();
  try {
    const options = { origin: answers.origin, concurrency, withinMs: 60_000, mayRepeat: false, onMismatch: say };
    const [calm, forgottenTimer] = await onHost((host) =>
      Promise.all([playPrograms(host, plays.slice(0, counts.programs), options), forgetTimer(host, 3_000)]),
    );
    say(`${calm.programs} programs: ${calm.mismatches.length} mismatches, ${calm.activityRuns} activity runs`);
    say(`forgotten timer: ${JSON.stringify(forgottenTimer)}`);
    const killed = await onHost((host) => playAndKill(host, plays, counts, seed, answers.origin, say));
    say(`${killed.programs} programs, ${killed.kills} kills: ${killed.mismatches.length} mismatches`);
    return {
      seed,
      programs: calm.programs,
      mismatches: calm.mismatches.length,
      killPrograms: killed.programs,
      kills: killed.kills,
      killMismatches: killed.mismatches.length,
      stuck: calm.stuck + killed.stuck,
      lost: calm.lost + killed.lost,
      doubled: calm.doubled + killed.doubled,
      activityRuns: calm.activityRuns + killed.activityRuns,
      repeatedRuns: killed.repeatedRuns,
      forgottenTimer,
    };
  } finally {
    answers.close();
  }
}

async function onHost<Result>(run: (host: DurableHost) => Promise<Result>): Promise<Result> {
  const host = await startDurableHost();
  try {
    return await run(host);
  } finally {
    await host.close();
  }
}

/**
 * The programs are spread over the kills: as each batch of them has begun, the host dies after a random moment, with
 * what is left of earlier batches in it.
 */
async function playAndKill(
  host: DurableHost,
  plays: readonly Play[],
  { killPrograms, kills }: DurableChaosCounts,
  seed: number,
  origin: string,
  say: (message: string) => void,
): Promise<PlayedPrograms & { readonly kills: number }> {
  const [delaysMs = []] = sample(array(nat(400), { minLength: kills, maxLength: kills }), { seed, numRuns: 1 });
  const batch = killPrograms / (kills + 1);
  let begun = 0;
  let killed = 0;
  let isOver = false;
  const killer = async (): Promise<void> => {
    for (const delayMs of delaysMs) {
      while (begun < Math.floor((killed + 1) * batch) && !isOver) await pause(5);
      await pause(delayMs);
      if (isOver) return;
      await host.restart();
      killed += 1;
      say(`kill ${killed}: ${begun} programs have begun`);
    }
  };
  const killing = killer();
  const played = await playPrograms(host, plays.slice(0, killPrograms), {
    origin,
    concurrency,
    withinMs: 120_000,
    mayRepeat: true,
    beforeEach: async () => {
      // No more than the batches up to the next kill.
      while (begun >= Math.ceil((killed + 1) * batch)) await pause(5);
      begun += 1;
    },
    onMismatch: say,
  });
  isOver = true;
  await killing;
  return { ...played, kills: killed };
}

/** An orchestration that returns with a timer open goes on until the timer has fired, as with DTFx in Azure. */
async function forgetTimer({ instances }: DurableHost, timerMs: number): Promise<ForgottenTimer> {
  const startedAt = performance.now();
  await instances.start('forgetful', 'forgetful', timerMs, 'api');
  await pause(timerMs / 2);
  const half = await instances.find('forgetful');
  const ended = await instances.end('forgetful', timerMs * 3);
  const ranMs = Math.round(performance.now() - startedAt);
  const isDone = ended?.runtimeStatus === 'Completed' && ended.output === 'done';
  return { keptRunning: half?.runtimeStatus === 'Running' && isDone && ranMs >= timerMs, timerMs, ranMs };
}
