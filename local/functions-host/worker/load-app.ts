import { glob, readFile, stat } from 'node:fs/promises';
import Module, { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const CORE_MODULE = '@azure/functions-core';

/** The app's entry point cannot be loaded; the message says why and, where it can, what to do. */
export class AppLoadError extends Error {
  override readonly name = 'AppLoadError';
}

/**
 * Answers `require('@azure/functions-core')` with the given API in all CommonJS modules that load from now on; the
 * library `@azure/functions` is one, also when an ES module imports it. The real worker does the same. It must happen
 * before the library loads: without an answer the library stays in its test mode for good.
 */
export const installCoreApi = (api: Readonly<Record<string, unknown>>): void => {
  Module.prototype.require = new Proxy(Module.prototype.require, {
    apply: (target, thisArgument, args: [string]) =>
      args[0] === CORE_MODULE ? api : Reflect.apply(target, thisArgument, args),
  });
};

/**
 * Loads every file that "main" of the app's package.json names (a path or a glob), as the worker does: .mjs and, under
 * `"type": "module"`, .js as ES modules, the rest as CommonJS.
 * @returns the files, absolute, in the order of loading
 * @throws AppLoadError when there is no such file or one of them throws
 */
export const loadApp = async (appRoot: string): Promise<readonly string[]> => {
  const packageFile = join(appRoot, 'package.json');
  const packageJson = await readPackageJson(packageFile);
  const files = await entryFiles(appRoot, packageJson.main);
  if (files.length === 0) {
    throw new AppLoadError(`"main" of ${packageFile} is "${packageJson.main}", which names no file: is the app built?`);
  }
  const require = createRequire(packageFile);
  for (const file of files) {
    const extension = extname(file);
    const isEsModule = extension === '.mjs' || (packageJson.type === 'module' && extension !== '.cjs');
    try {
      if (isEsModule) {
        await import(pathToFileURL(file).href);
      } else {
        require(file);
      }
    } catch (error) {
      throw new AppLoadError(`The entry point ${file} failed to load`, { cause: error });
    }
  }
  return files;
};

const entryFiles = async (appRoot: string, main: string): Promise<readonly string[]> => {
  const files: string[] = [];
  for await (const file of glob(main, { cwd: appRoot })) {
    const path = join(appRoot, file);
    if ((await stat(path)).isFile()) {
      files.push(path);
    }
  }
  return files.sort();
};

const readPackageJson = async (packageFile: string): Promise<{ main: string; type: string }> => {
  const text = await readFile(packageFile, 'utf8').catch((error: unknown) => {
    throw new AppLoadError(`${packageFile} cannot be read`, { cause: error });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppLoadError(`${packageFile} is not JSON`, { cause: error });
  }
  const fields = typeof value === 'object' && value !== null ? value : {};
  if (!('main' in fields) || typeof fields.main !== 'string' || fields.main === '') {
    throw new AppLoadError(`${packageFile} has no "main": the app's entry point, a path or a glob`);
  }
  return { main: fields.main, type: 'type' in fields ? String(fields.type) : 'commonjs' };
};
