import type { LogLevel } from '../config/log-level.ts';
import type { BindingInfo, FunctionMetadata, InvocationRequest, NamedData, RetryOptions, TypedData } from './rpc.ts';

/** The versions that `@azure/functions-core` reports: of the worker and the host whose behaviour is followed here. */
const WORKER_VERSION = '3.13.0';
const HOST_VERSION = '4.1048.0';

export type LogCategory = 'user' | 'system' | 'customMetric';
export type FunctionCallback = (...args: unknown[]) => unknown;
export type Hook = (context: Record<string, unknown>) => unknown;
type HookName = 'preInvocation' | 'postInvocation' | 'appStart' | 'appTerminate' | 'log';

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, BindingInfo>> };
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

/** What the programming model, `@azure/functions`, does for one invocation. */
interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(
    context: unknown,
    result: unknown,
  ): Promise<{ outputData?: readonly NamedData[] | null; returnValue?: TypedData | null }>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities?(
    capabilities: Record<string, string>,
  ): Record<string, string> | undefined | Promise<Record<string, string> | undefined>;
}

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What the app has registered while it loaded. */
export interface Registry {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Readonly<Record<HookName, Hook[]>>;
  programmingModel: ProgrammingModel | undefined;
  /** True once the app has loaded: functions cannot be registered any more. */
  locked: boolean;
}

export type WorkerLog = (level: LogLevel, category: LogCategory, message: string) => void;

/** Ends something that was registered, once. */
class Disposable {
  readonly #dispose: () => unknown;
  #isDisposed = false;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) {
        disposable.dispose();
      }
    });
  }

  dispose(): unknown {
    if (this.#isDisposed) {
      return undefined;
    }
    this.#isDisposed = true;
    return this.#dispose();
  }
}

/** An error that the library recognises as the worker's own. */
const systemError = <Kind extends Error>(error: Kind): Kind =>
  Object.assign(error, { isAzureFunctionsSystemError: true });

export const createRegistry = (): Registry => ({
  functions: new Map(),
  hooks: { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [], log: [] },
  programmingModel: undefined,
  locked: false,
});

/** The module that the app's libraries get for `@azure/functions-core`: what the real Node worker supplies. */
export const createCoreApi = (registry: Registry, log: WorkerLog): Readonly<Record<string, unknown>> => ({
  version: WORKER_VERSION,
  hostVersion: HOST_VERSION,
  Disposable,
  setProgrammingModel: (model: ProgrammingModel): void => {
    if (registry.locked) {
      throw systemError(new Error('The programming model can only be set during app startup.'));
    }
    registry.programmingModel = model;
  },
  getProgrammingModel: (): ProgrammingModel | undefined => registry.programmingModel,
  registerFunction: (
    metadata: { name: string; bindings: Record<string, BindingInfo>; retryOptions?: RetryOptions | undefined },
    callback: FunctionCallback,
  ): Disposable => registerFunction(registry, metadata, callback),
  registerHook: (hookName: string, callback: Hook): Disposable => {
    const hooks = Object.hasOwn(registry.hooks, hookName) ? registry.hooks[hookName as HookName] : undefined;
    if (hooks === undefined) {
      throw systemError(new RangeError(`Unrecognized hook "${hookName}"`));
    }
    hooks.push(callback);
    return new Disposable(() => {
      const index = hooks.indexOf(callback);
      if (index >= 0) {
        hooks.splice(index, 1);
      }
    });
  },
  log,
});

const registerFunction = (
  registry: Registry,
  metadata: { name: string; bindings: Record<string, BindingInfo>; retryOptions?: RetryOptions | undefined },
  callback: FunctionCallback,
): Disposable => {
  const { name, bindings, retryOptions } = metadata;
  if (registry.locked) {
    throw systemError(new Error('A function can only be registered during app startup.'));
  }
  if (registry.functions.has(name)) {
    throw systemError(new Error(`A function named "${name}" is already registered.`));
  }
  registry.functions.set(name, {
    metadata: { functionId: name, name, bindings, ...(retryOptions === undefined ? {} : { retryOptions }) },
    callback,
  });
  return new Disposable(() => {
    if (registry.locked) {
      throw systemError(new Error('A function can only be disposed during app startup.'));
    }
    registry.functions.delete(name);
  });
};
