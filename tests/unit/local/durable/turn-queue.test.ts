import { describe, expect, test } from 'vitest';
import { TurnQueue } from '../../../../local/durable/engine/turn-queue.ts';

const DONE = { isMore: false, restMs: 0 };
const ignore = () => () => undefined;

/** Turns that end when they are told to. */
const controlled = () => {
  const open = new Map<string, () => void>();
  const begun: string[] = [];
  return {
    begun,
    open,
    run: (id: string) => {
      begun.push(id);
      return new Promise<typeof DONE>((resolve) => open.set(id, () => resolve(DONE)));
    },
    end: async (id: string) => {
      open.get(id)?.();
      open.delete(id);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

describe('a turn queue', () => {
  test('runs a bounded number at a time and never two of one target', async () => {
    const turns = controlled();
    const queue = new TurnQueue(2, turns.run, ignore);
    for (const id of ['a', 'a', 'b', 'c', 'a']) queue.add(id);
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns.begun).toEqual(['a', 'b']);
    queue.add('a');
    await turns.end('b');
    expect(turns.begun).toEqual(['a', 'b', 'c']);
    await turns.end('a');
    // It was woken while it ran.
    expect(turns.begun).toEqual(['a', 'b', 'c', 'a']);
  });

  test('goes on after a turn that fails, and says so', async () => {
    const reports: string[] = [];
    let count = 0;
    const queue = new TurnQueue(
      1,
      async () => {
        count++;
        if (count === 1) throw new Error('on purpose');
        return DONE;
      },
      (id) => (error) => reports.push(`${id}: ${error}`),
    );
    queue.add('a');
    queue.add('b');
    await expect.poll(() => count).toBe(2);
    expect(reports).toEqual(['a: Error: on purpose']);
  });

  test('once stopped, waits for what runs and begins nothing', async () => {
    const turns = controlled();
    const queue = new TurnQueue(1, turns.run, ignore);
    queue.add('a');
    queue.add('b');
    await new Promise((resolve) => setImmediate(resolve));
    let isStopped = false;
    const stopped = queue.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    await turns.end('a');
    await stopped;
    expect(turns.begun).toEqual(['a']);
  });
});
