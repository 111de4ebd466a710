import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * `check`: format, lint, types, unused code, unit and contract tests. `all`: that, then the suites that drive the built app. Goes on after a failed
 * step, so that one run shows all that is wrong.
 */
const steps = {
  static: [
    {
      name: 'format and lint',
      command: 'biome',
      args: ['ci', '--error-on-warnings', `--colors=${process.stdout.isTTY ? 'force' : 'off'}`, '.'],
    },
    { name: 'types', command: 'tsc', args: ['-p', '.'] },
    { name: 'unused files, exports and dependencies', command: 'knip', args: [] },
  ],
  check: ['unit', 'contract'],
  all: ['unit', 'contract', 'http', 'scenario', 'e2e'],
} as const;

const vitestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});

const which = z.enum(['check', 'all']).parse(process.argv[2] ?? 'all');
let failedSteps = 0;
for (const step of steps.static) if (!(await runStep(step.name, step.command, step.args))) failedSteps += 1;
if (which === 'all' && !(await runStep('build', process.execPath, ['scripts/build.ts']))) failedSteps += 1;

const report = await runTests(steps[which]);
if (!report.ok) failedSteps += 1;
const skipped = report.skipped > 0 ? `, ${report.skipped} skipped` : '';
process.stdout.write(`\n${report.passed} passed, ${report.failed} failed${skipped}\n`);
if (failedSteps > 0) process.stdout.write(`${failedSteps} of the steps above failed.\n`);
process.exitCode = failedSteps === 0 ? 0 : 1;

async function runStep(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const startedAt = performance.now();
  process.stdout.write(`\n— ${name}\n`);
  const code = await run(command, args);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`— ${name}: ${code === 0 ? 'passed' : `failed (exit code ${code})`} in ${seconds} s\n`);
  return code === 0;
}

async function runTests(
  projects: readonly string[],
): Promise<{ ok: boolean; passed: number; failed: number; skipped: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'castiel-tests-'));
  const file = join(folder, 'report.json');
  const filters = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const ok = await runStep(`tests: ${projects.join(', ')}`, 'vitest', ['run', ...filters, ...reporters]);
    const counts = vitestReport.parse(JSON.parse(await readFile(file, 'utf8')));
    return {
      ok: ok && counts.numPassedTests > 0,
      passed: counts.numPassedTests,
      failed: counts.numFailedTests,
      skipped: counts.numPendingTests + counts.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
