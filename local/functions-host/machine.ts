import { hostname } from 'node:os';

/** This machine's name, in letters that go into HTTP headers. */
export const machineName = (): string => encodeURIComponent(hostname());

/**
 * True for a process of this machine that has ended. What such a one held, another host takes at once: a host that is
 * started again after a crash need not wait for the old lease to run out.
 * @param machine as `machineName` says it; nothing is known of other machines
 */
export const hasEnded = (machine: string | undefined, pid: number): boolean =>
  machine === machineName() && Number.isInteger(pid) && pid > 0 && !isAlive(pid);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};
