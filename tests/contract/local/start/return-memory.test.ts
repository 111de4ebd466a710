import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadyProcess, readyJsonLine, spawnReady } from '../../../../local/child-process.ts';
import { pollUntil } from '../../../kit/poll-until.ts';

const PRELOAD = new URL('../../../../local/start/return-memory.ts', import.meta.url).href;

/** V8 gives memory back too, some 20 s later: here it must not be the one. */
const WITHOUT_V8 = ['--no-memory-reducer'];

/** Makes 150 MB of garbage that has grown old, and from then on only says what the process holds. */
const WORK = `
  let kept = [];
  const until = performance.now() + 800;
  do {
    kept = Array.from({ length: 150 }, (_, index) => Array.from({ length: 65_536 }, (_, at) => ({ at, index })));
  } while (performance.now() < until);
  kept = undefined;
  const heapMb = () => process.memoryUsage().heapTotal / 2 ** 20;
  process.stdout.write(JSON.stringify({ ready: true, heapMb: heapMb() }) + '\\n');
  setInterval(() => process.stdout.write(heapMb() + '\\n'), 200);`;

let worker: ReadyProcess<{ heapMb: number }>;
let heapMb = Number.POSITIVE_INFINITY;

beforeEach(async () => {
  worker = await spawnReady(process.execPath, [...WITHOUT_V8, '--expose-gc', '--import', PRELOAD, '--eval', WORK], {
    readLine: readyJsonLine((value) => value as { heapMb: number }),
    onStdout: (line) => {
      heapMb = Number(line);
    },
  });
});
afterEach(() => worker.stop());

describe('a process that has come to rest after work', () => {
  it('gives back the memory of its garbage', async () => {
    expect(worker.ready.heapMb).toBeGreaterThan(150);
    expect(await pollUntil('a small heap', () => (heapMb < 50 ? heapMb : undefined), 30_000)).toBeLessThan(50);
  });
});
