import type { ready as route } from '../contracts/health.ts';
import { AppError } from '../core/app-error.ts';
import type { Deps } from '../core/ports.ts';
import type { OutputOf } from '../core/route-input.ts';

/** A dependency that takes longer is not there for a request either. */
const patienceMs = 5_000;

/** Calls every dependency. Throws `unavailable` that names those that don't answer; why they don't is only logged. */
export async function checkReadiness(deps: Pick<Deps, 'readiness' | 'log'>): Promise<OutputOf<typeof route>> {
  const names = Object.keys(deps.readiness);
  const silent: string[] = [];
  await Promise.all(
    Object.entries(deps.readiness).map(async ([name, check]) => {
      try {
        await withinPatience(check());
      } catch (error) {
        silent.push(name);
        deps.log.warn('a dependency does not answer', { dependency: name, error });
      }
    }),
  );
  if (silent.length > 0) {
    throw new AppError('unavailable', { detail: `These do not answer: ${silent.sort().join(', ')}.` });
  }
  return { body: { status: 'ready', checks: Object.fromEntries(names.map((name) => [name, 'ok' as const])) } };
}

async function withinPatience(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
