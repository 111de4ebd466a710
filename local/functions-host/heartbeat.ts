import type { ChildProcess } from 'node:child_process';
import { z } from 'zod';

const INTERVAL_MS = 1_000;
/** A busy machine may be late with a beat. */
const GRACE_MS = 3_000;

/** Set for a host whose parent listens for its beats. */
export const HEARTBEAT_SETTING = 'CASTIEL_HOST_HEARTBEAT';

const beat = z.object({ silenceLimitMs: z.number() });

/**
 * Tells the parent process every second that this one still turns. A function that never gives way, as an endless loop,
 * stops the beats.
 * @param silenceLimitMs how long the parent shall bear silence
 */
export const startHeartbeat = (silenceLimitMs: number): void => {
  if (process.env[HEARTBEAT_SETTING] !== undefined && Number.isFinite(silenceLimitMs)) {
    const send = (): void => {
      if (process.connected) {
        process.send?.({ silenceLimitMs });
      }
    };
    setInterval(send, INTERVAL_MS).unref();
    send();
  }
};

/** @param onSilent is called once when the child has sent a beat and then none for as long as it said */
export const watchHeartbeat = (child: ChildProcess, onSilent: () => void): void => {
  let timer: NodeJS.Timeout | undefined;
  child.on('message', (message) => {
    const { success, data } = beat.safeParse(message);
    if (success) {
      clearTimeout(timer);
      timer = setTimeout(onSilent, Math.min(data.silenceLimitMs + GRACE_MS, 2 ** 31 - 1));
    }
  });
  child.once('exit', () => clearTimeout(timer));
};
