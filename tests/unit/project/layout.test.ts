import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('the project', () => {
  it('holds exactly one copy of @azure/functions: a second one would be a second programming model', async () => {
    const copies = await readdir('node_modules', { recursive: true }).then((paths) =>
      paths.filter((path) => /(^|\/)@azure\/functions\/package\.json$/.test(path)),
    );
    expect(copies).toEqual([join('@azure', 'functions', 'package.json')]);
  });

  it('pins durable-functions at 3.5.0, whose protocol the local host speaks', async () => {
    const manifest = JSON.parse(await readFile('package.json', 'utf8'));
    expect(manifest.dependencies['durable-functions']).toBe('3.5.0');
  });

  it('keeps registry addresses out of the lockfile', async () => {
    expect(await readFile('package-lock.json', 'utf8')).not.toMatch(/"resolved": "https?:/);
  });

  it('locks the packages of all platforms, so that everyone installs from one lockfile', async () => {
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
    const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
    const wanted = Object.values<{ optionalDependencies?: Record<string, string> }>(packages).flatMap((each) =>
      Object.keys(each.optionalDependencies ?? {}),
    );
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });

  it('has no function file over 40 lines: triggers only', async () => {
    // Two are what they are on purpose: the composition root, and the list of all functions.
    const exempt = ['app.ts', 'main.ts'];
    for (const file of await readdir('functions')) {
      const lines = (await readFile(join('functions', file), 'utf8')).trimEnd().split('\n').length;
      if (!exempt.includes(file)) expect(lines, file).toBeLessThanOrEqual(40);
    }
  });

  it('has executable scripts that plain Node 20 can parse', async () => {
    await promisify(execFile)(process.execPath, ['--check', 'scripts/bootstrap.mjs']);
  });
});
