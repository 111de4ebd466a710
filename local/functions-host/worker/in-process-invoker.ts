import { inspect } from 'node:util';
import type { LogLevel } from '../config/log-level.ts';
import {
  type CoreInvocationContext,
  createCoreApi,
  createRegistry,
  type FunctionCallback,
  type Hook,
  type LogCategory,
  type ProgrammingModel,
  type RegisteredFunction,
  type Registry,
} from './core-api.ts';
import { AppLoadError, installCoreApi, loadApp } from './load-app.ts';
import type { InvocationRequest, InvocationResponse, Invoker, RpcException } from './rpc.ts';

/** Receives what the app and its libraries log; `functionName` is absent outside of an invocation. */
export type AppLog = (
  level: LogLevel,
  category: LogCategory,
  message: string,
  origin?: { readonly functionName: string; readonly invocationId: string },
) => void;

/**
 * Loads the app into this process and drives it as the Node worker does. One app per process and once only: the app's
 * libraries keep their registrations in module state.
 * @throws AppLoadError when the app cannot be loaded or registers nothing
 */
export const startInProcessApp = async (appRoot: string, log: AppLog): Promise<Invoker> => {
  const registry = createRegistry();
  const appHookData: Record<string, unknown> = {};
  const logThroughHooks = createHookedLog(registry, appHookData, log);
  installCoreApi(createCoreApi(registry, (level, category, message) => logThroughHooks(level, category, message)));
  await loadApp(appRoot);
  const model = registry.programmingModel;
  if (model === undefined || registry.functions.size === 0) {
    throw new AppLoadError(`The app in ${appRoot} registered no function`);
  }
  await runHooks(registry.hooks.appStart, { hookData: appHookData, appHookData, functionAppDirectory: appRoot });
  const capabilities = (await model.getCapabilities?.({})) ?? {};
  registry.locked = true;
  return {
    functions: [...registry.functions.values()].map((registered) => registered.metadata),
    capabilities,
    invoke: async (request) => {
      const registered = registry.functions.get(request.functionId);
      if (registered === undefined) {
        throw new Error(`There is no function with the id "${request.functionId}"`);
      }
      return invoke({ registry, model, appHookData, log: logThroughHooks }, registered, request);
    },
    terminate: () => runHooks(registry.hooks.appTerminate, { hookData: appHookData, appHookData }),
  };
};

type HookedLog = (
  level: LogLevel,
  category: LogCategory,
  message: string,
  invocation?: { readonly core: CoreInvocationContext; readonly context: unknown },
) => void;

/** Log hooks may change level and text. One that itself logs is not asked about its own lines. */
const createHookedLog = (registry: Registry, appHookData: Record<string, unknown>, log: AppLog): HookedLog => {
  let isInHook = false;
  return (level, category, message, invocation) => {
    const logContext = { hookData: {}, appHookData, level, category, message, invocationContext: invocation?.context };
    if (!isInHook && registry.hooks.log.length > 0) {
      isInHook = true;
      try {
        for (const hook of registry.hooks.log) {
          hook(logContext);
        }
      } finally {
        isInHook = false;
      }
    }
    const core = invocation?.core;
    log(
      logContext.level,
      category,
      logContext.message,
      core === undefined ? undefined : { functionName: core.metadata.name, invocationId: core.invocationId },
    );
  };
};

const runHooks = async (hooks: readonly Hook[], context: Record<string, unknown>): Promise<void> => {
  for (const hook of [...hooks]) {
    await hook(context);
  }
};

interface App {
  readonly registry: Registry;
  readonly model: ProgrammingModel;
  readonly appHookData: Record<string, unknown>;
  readonly log: HookedLog;
}

const invoke = async (
  app: App,
  registered: RegisteredFunction,
  request: InvocationRequest,
): Promise<InvocationResponse> => {
  const invocation: { core: CoreInvocationContext; context: unknown } = {
    context: undefined,
    core: {
      invocationId: request.invocationId,
      request,
      metadata: registered.metadata,
      state: undefined,
      log: (level, category, message) => app.log(level, category, message, invocation),
    },
  };
  try {
    const model = app.model.getInvocationModel(invocation.core);
    const { context, inputs } = await model.getArguments();
    invocation.context = context;
    const result = await callWithHooks(app, invocation.core, registered.callback, context, inputs, (input, callback) =>
      model.invokeFunction(context, input, callback),
    );
    const response = await model.getResponse(context, result);
    return {
      invocationId: request.invocationId,
      outputData: response.outputData ?? [],
      ...(response.returnValue === undefined ? {} : { returnValue: response.returnValue }),
    };
  } catch (error) {
    return { invocationId: request.invocationId, exception: toException(error), outputData: [] };
  }
};

/** Hooks may replace the inputs, the handler, the result and the error; `throw undefined` counts as success. */
const callWithHooks = async (
  { registry, appHookData }: App,
  core: CoreInvocationContext,
  callback: FunctionCallback,
  invocationContext: unknown,
  inputs: unknown[],
  call: (inputs: unknown[], callback: FunctionCallback) => Promise<unknown>,
): Promise<unknown> => {
  const before = { hookData: {}, appHookData, inputs, invocationContext, functionCallback: callback };
  core.state = 'preInvocationHooks';
  await runHooks(registry.hooks.preInvocation, before);

  const after = { ...before, result: null as unknown, error: null as unknown };
  core.state = 'invocation';
  try {
    after.result = await call(before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }
  after.inputs = before.inputs;
  core.state = 'postInvocationHooks';
  await runHooks(registry.hooks.postInvocation, after);
  core.state = undefined;
  if (after.error !== null && after.error !== undefined) {
    throw after.error;
  }
  return after.result;
};

const toException = (thrown: unknown): RpcException => {
  if (thrown instanceof Error) {
    return { message: thrown.message, stackTrace: thrown.stack ?? '', source: thrown.name };
  }
  const message = typeof thrown === 'object' ? inspect(thrown) : String(thrown);
  return { message, stackTrace: '', source: '' };
};
