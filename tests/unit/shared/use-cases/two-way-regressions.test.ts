import { describe, expect, it } from 'vitest';
import failedPrograms from '../../../kit/two-way/failed-programs.json' with { type: 'json' };
import type { Program } from '../../../kit/two-way/program.ts';
import { runProgram } from '../../../kit/two-way/run-program.ts';

/** The smallest forms of programs that failed once. */
describe('a program that failed', () => {
  it.each(failedPrograms)('no longer does: $was', async ({ program }) => {
    expect(await runProgram(program as Program)).toEqual([]);
  });
});
