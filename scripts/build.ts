import { copyFile, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const target = join(root, 'dist');

/**
 * Packages that the app imports when it first needs them, and that are large: each is a file of its own, so that a cold start need not read it. The
 * telemetry SDK is larger than the rest of the app; the others belong to some transforms of some mappings.
 */
const separatePackages = ['applicationinsights', 'libphonenumber-js/max', 'luxon', 're2js', 'tldts'] as const;

const fileOf = (name: string): string => `./${name.replaceAll('/', '-')}.cjs`;

const settings = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  // Names stay as they are, so that stack traces can be read; the source map is for the lines.
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
} as const satisfies BuildOptions;

/**
 * Bundles the app into `dist/main.cjs`, which `func start`, the local host and a deployment load alike. The host supplies
 * `@azure/functions-core`. An import() of a big SDK stays a promise: its code runs when it is first needed. What runs in the threads for tenants'
 * expressions is a file of its own too, with the WebAssembly of its JavaScript engine inside.
 */
async function bundle(): Promise<void> {
  await Promise.all([
    write({
      ...settings,
      entryPoints: ['functions/main.ts'],
      outfile: join(target, 'main.cjs'),
      external: ['@azure/functions-core', ...separatePackages.map(fileOf)],
      alias: Object.fromEntries(separatePackages.map((name) => [name, fileOf(name)])),
      // As a require() in a promise: what a CommonJS file exports has its names only there.
      supported: { 'dynamic-import': false },
    }),
    write({
      ...settings,
      entryPoints: ['shared/sandbox/expression-worker.ts'],
      outfile: join(target, 'expressions.cjs'),
    }),
    ...separatePackages.map(writePackage),
  ]);
}

/** Under its own name for what it exports, whether it is written as a module or as CommonJS. */
async function writePackage(name: string): Promise<void> {
  const outfile = join(target, fileOf(name));
  if (await isNewerThanLockfile(outfile)) return;
  await write({
    ...settings,
    stdin: { contents: `module.exports = require(${JSON.stringify(name)});`, resolveDir: root },
    outfile,
    external: ['@azure/functions-core'],
    sourcemap: false,
  });
}

/** It holds nothing of ours, so it changes with the dependencies only. */
async function isNewerThanLockfile(file: string): Promise<boolean> {
  const [built, locked] = await Promise.all([stat(file).catch(() => undefined), stat(join(root, 'package-lock.json'))]);
  return built !== undefined && built.mtimeMs > locked.mtimeMs;
}

/** Each file all at once: an app that starts during a build reads the old file or the new one, never a part. */
async function write(options: BuildOptions): Promise<void> {
  const { outputFiles = [] } = await build({ ...options, write: false });
  for (const { path, contents } of outputFiles) {
    const draft = `${path}.${process.pid}`;
    await writeFile(draft, contents);
    await rename(draft, path);
  }
}

/** The API's page and what it shows it with: it loads nothing from anywhere else. */
async function copyDocs(): Promise<void> {
  const pages = join(root, 'docs', 'api-page');
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const docs = join(target, 'docs');
  await mkdir(docs, { recursive: true });
  const copies: [string, string][] = [
    [pages, 'index.html'],
    [pages, 'show.js'],
    [swagger, 'swagger-ui.css'],
    [swagger, 'swagger-ui-bundle.js'],
  ];
  await Promise.all(copies.map(([folder, name]) => copyFile(join(folder, name), join(docs, name))));
}

const startedMs = performance.now();
await mkdir(target, { recursive: true });
await Promise.all([bundle(), copyDocs()]);
const { size } = await stat(join(target, 'main.cjs'));
const tookMs = Math.round(performance.now() - startedMs);
console.log(`dist/main.cjs ${(size / 1_048_576).toFixed(2)} MB in ${tookMs} ms`);
