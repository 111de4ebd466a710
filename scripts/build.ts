import { copyFile, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const target = join(root, 'dist');

/**
 * Bundles the app into `dist/main.cjs`, which `func start`, the local host and a deployment load alike. The host supplies
 * `@azure/functions-core`. Names stay as they are, so that stack traces can be read; the source map is for the lines.
 */
async function bundle(): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['functions/main.ts'],
    outfile: join(target, 'main.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['@azure/functions-core'],
    // An import() of a big SDK stays a promise: its code runs when it is first needed.
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'linked',
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) await putFile(path, contents);
}

/** All at once: an app that starts during a build reads the old file or the new one, never a part. */
async function putFile(path: string, contents: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, path);
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
