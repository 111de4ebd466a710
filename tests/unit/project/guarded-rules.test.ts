import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Files of this folder get the name that orchestrations have. */
const ORCHESTRATIONS = 'functions/';

/** Each rule that guards the design, with a planted violation: a rule that no longer catches its violation is no rule. */
const violations: readonly {
  readonly rule: string;
  readonly folder: string;
  readonly code: string;
  readonly says: string;
}[] = [
  plant(
    'contracts import zod and each other only',
    'shared/contracts/',
    "import { hash } from 'node:crypto';",
    'noRestrictedImports',
  ),
  plant(
    'contracts do not import core',
    'shared/contracts/',
    "import { fail } from '../core/advance-execution.ts';",
    'noRestrictedImports',
  ),
  plant('core knows no SDK', 'shared/core/', "import { CosmosClient } from '@azure/cosmos';", 'noRestrictedImports'),
  plant('core reads no files', 'shared/core/', "import { readFile } from 'node:fs/promises';", 'noRestrictedImports'),
  plant(
    'core does not import use-cases',
    'shared/core/',
    "import { workOnSlice } from '../use-cases/work-on-slice.ts';",
    'noRestrictedImports',
  ),
  plant(
    'core does not import azure',
    'shared/core/',
    "import { readConfig } from '../azure/config.ts';",
    'noRestrictedImports',
  ),
  plant(
    'core makes no calls',
    'shared/core/',
    "export const page = await fetch('https://example.org');",
    'noRestrictedGlobals',
  ),
  plant(
    'core does not wait',
    'shared/core/',
    'export const timer = setTimeout(() => undefined, 1);',
    'noRestrictedGlobals',
  ),
  plant(
    'use-cases do not import azure',
    'shared/use-cases/',
    "import { readConfig } from '../azure/config.ts';",
    'noRestrictedImports',
  ),
  plant(
    'use-cases do not import adapters',
    'shared/use-cases/',
    "import { adapters } from '../../adapters/registry.ts';",
    'noRestrictedImports',
  ),
  plant(
    'use-cases know no SDK',
    'shared/use-cases/',
    "import { QueueClient } from '@azure/storage-queue';",
    'noRestrictedImports',
  ),
  plant(
    'azure does not import use-cases',
    'shared/azure/',
    "import { workOnSlice } from '../use-cases/work-on-slice.ts';",
    'noRestrictedImports',
  ),
  plant(
    'adapters do not import use-cases',
    'adapters/custom-rest/',
    "import { workOnSlice } from '../../shared/use-cases/work-on-slice.ts';",
    'noRestrictedImports',
  ),
  plant(
    'adapters know no Azure SDK',
    'adapters/custom-rest/',
    "import { SecretClient } from '@azure/keyvault-secrets';",
    'noRestrictedImports',
  ),
  plant(
    'tests do not import functions',
    'tests/unit/',
    "import { getDeps } from '../../functions/app.ts';",
    'noRestrictedImports',
  ),
  plant(
    'the twin does not import functions',
    'local/',
    "import { getDeps } from '../functions/app.ts';",
    'noRestrictedImports',
  ),
  plant(
    'the durable engine knows no protocol',
    'local/durable/engine/',
    "import { replay } from '../protocol/replay.ts';",
    'noRestrictedImports',
  ),
  plant(
    'Durable Functions do not know their host',
    'local/durable/',
    "import { startHost } from '../functions-host/host.ts';",
    'noRestrictedImports',
  ),
  plant(
    'only the configuration reads the environment',
    'shared/use-cases/',
    'export const key = process.env.KEY;',
    'noProcessEnv',
  ),
  plant('no any', 'shared/core/', 'export const value: any = 1;', 'noExplicitAny'),
  plant(
    'no promise is left alone',
    'shared/core/',
    'export async function work(): Promise<void> {}\nwork();\n',
    'noFloatingPromises',
  ),
  plant('no barrels', 'shared/core/', "export * from './counts.ts';", 'noBarrelFile'),
  plant('no files over 300 lines', 'shared/core/', 'export const line = 1;\n'.repeat(301), 'noExcessiveLinesPerFile'),
  plant(
    'no function over 90 lines',
    'shared/core/',
    `export function long() {\n${'  call();\n'.repeat(95)}}`,
    'noExcessiveLinesPerFunction',
  ),
  ...(
    [
      ['the clock', 'export const now = new Date();', 'noRestrictedGlobals'],
      ['chance', 'export const draw = Math.random();', 'noRestrictedGlobals'],
      ['the network', "export const page = fetch('https://example.org');", 'noRestrictedGlobals'],
      ['the environment', 'export const key = process.env.KEY;', 'noRestrictedGlobals'],
      ['random ids', 'export const id = crypto.randomUUID();', 'noRestrictedGlobals'],
      ['timers', 'export const timer = setTimeout(() => undefined, 1);', 'noRestrictedGlobals'],
      ["Node's modules", "import { randomUUID } from 'node:crypto';", 'noRestrictedImports'],
      ['the ports', "import { readConfig } from '../shared/azure/config.ts';", 'noRestrictedImports'],
      ['adapters', "import { adapters } from '../adapters/registry.ts';", 'noRestrictedImports'],
    ] as const
  ).map(([what, code, says]) => plant(`orchestrations do without ${what}`, ORCHESTRATIONS, code, says)),
];

function plant(rule: string, folder: string, code: string, says: string) {
  return { rule, folder, code, says };
}

const allowed = { folder: 'shared/contracts/', code: "import { z } from 'zod';\n\nexport const name = z.string();\n" };

/** A copy of the project's rules with one planted file a violation: `biome lint` runs once over all of them. */
describe('each guarded rule', () => {
  let project = '';
  let output = '';

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'castiel-rules-'));
    for (const file of ['biome.json', '.gitignore']) await copyFile(file, join(project, file));
    const planted = [...violations, allowed].map(({ folder, code }, index) => ({ path: fileOf(folder, index), code }));
    for (const { path, code } of planted) {
      await mkdir(dirname(join(project, path)), { recursive: true });
      await writeFile(join(project, path), code);
    }
    output = await lint(project);
  });

  afterAll(() => rm(project, { recursive: true, force: true }));

  it.each(violations.map((violation, index) => ({ ...violation, index })))(
    'catches: $rule',
    ({ folder, index, says }) => {
      expect(rulesBrokenBy(output, fileOf(folder, index))).toContain(says);
    },
  );

  it('lets what is allowed pass', () => {
    expect(rulesBrokenBy(output, fileOf(allowed.folder, violations.length))).toEqual([]);
  });
});

function fileOf(folder: string, index: number): string {
  return `${folder}planted-${index}${folder === ORCHESTRATIONS ? '-orchestration' : ''}.ts`;
}

function rulesBrokenBy(output: string, file: string): string[] {
  const lines = output.split('\n').filter((line) => line.startsWith(`${file}:`));
  return lines.map((line) => line.match(/ lint\/\w+\/(\w+)/)?.[1] ?? line);
}

function lint(folder: string): Promise<string> {
  const biome = resolve('node_modules/.bin/biome');
  return new Promise((resolve) => {
    execFile(
      biome,
      ['lint', '--colors=off', '--max-diagnostics=none', '.'],
      { cwd: folder, maxBuffer: 2 ** 26 },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
}
