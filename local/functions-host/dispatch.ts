import { randomUUID } from 'node:crypto';
import type { HostFunction } from './functions.ts';
import type { Log } from './log.ts';
import type { SendOutput } from './outputs.ts';
import type {
  InvocationRequest,
  InvocationResponse,
  Invoker,
  RetryContext,
  RpcException,
  TraceContext,
  TypedData,
} from './worker/rpc.ts';

export interface TriggerData {
  readonly data: TypedData;
  readonly metadata?: Readonly<Record<string, TypedData>>;
  readonly traceParent?: string | undefined;
  readonly traceState?: string | undefined;
  readonly retry?: RetryContext;
  /** A new one unless given. */
  readonly invocationId?: string;
  /** A failure is told by whoever asked for the run, in words of its own. */
  readonly isQuiet?: boolean;
}

/** A function failed, or what it put out could not be delivered. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
  readonly exception: RpcException;
  /** True when the app has ended and nothing is known of what the function has done. */
  readonly isAbandoned: boolean;

  constructor(functionName: string, exception: RpcException, cause?: unknown) {
    super(`${functionName}: ${exception.message}`, { cause });
    this.exception = exception;
    this.isAbandoned = cause instanceof Abandonment;
  }
}

/** Why all runs fail at once. */
class Abandonment extends Error {}

export interface Dispatch {
  /**
   * Runs a function and delivers its outputs.
   * @returns what the function returned when no output binding takes that, and its HTTP answer
   * @throws InvocationError after having logged it
   */
  run(hostFunction: HostFunction, trigger: TriggerData): Promise<TypedData | undefined>;
  /** How many runs have not ended. */
  readonly inFlight: number;
  /** Resolves when no run is left. */
  idle(): Promise<void>;
  /**
   * Fails every run, also those to come, as the end of a worker does: triggers settle them as failures. What the runs
   * themselves still do is no longer looked at.
   */
  abandon(reason: string): void;
  /** Ends the supervision of run times. */
  close(): void;
}

/** How often run times are looked at. */
const OVERDUE_CHECK_MS = 1_000;

interface Run {
  readonly functionName: string;
  readonly invocationId: string;
  readonly startedAtMs: number;
  isReported: boolean;
  /** Ends the wait for the function's answer. */
  fail: (reason: Error) => void;
}

export interface FunctionTimeout {
  /** How long a run may take. */
  readonly limitMs: number;
  /** Is told once of each run that takes longer. */
  readonly onExceeded: (reason: string) => void;
}

/** @param durableClient what an input of that type holds */
export const createDispatch = (
  invoker: Invoker,
  sendOutput: SendOutput,
  timeout: FunctionTimeout,
  log: Log,
  durableClient: () => string,
): Dispatch => {
  const runs = new Set<Run>();
  const idleWaiters: (() => void)[] = [];
  const supervision = setInterval(() => reportOverdue(runs, timeout), OVERDUE_CHECK_MS).unref();
  let abandonment: Error | undefined;

  const run = async (hostFunction: HostFunction, trigger: TriggerData): Promise<TypedData | undefined> => {
    const invocationId = trigger.invocationId ?? randomUUID();
    const current: Run = {
      functionName: hostFunction.name,
      invocationId,
      startedAtMs: performance.now(),
      isReported: false,
      fail: () => undefined,
    };
    runs.add(current);
    try {
      return await invokeAndDeliver(hostFunction, trigger, current);
    } finally {
      runs.delete(current);
      const category = `Function.${hostFunction.name}`;
      if (log.isOn('debug', category)) {
        const durationMs = Math.round(performance.now() - current.startedAtMs);
        log('debug', category, `Executed ${invocationId} in ${durationMs} ms`);
      }
      if (runs.size === 0) {
        for (const resolve of idleWaiters.splice(0)) {
          resolve();
        }
      }
    }
  };

  const invokeAndDeliver = async (
    hostFunction: HostFunction,
    trigger: TriggerData,
    current: Run,
  ): Promise<TypedData | undefined> => {
    const { invocationId } = current;
    try {
      if (abandonment !== undefined) {
        throw abandonment;
      }
      const request = toRequest(hostFunction, trigger, invocationId, durableClient);
      const response = await new Promise<InvocationResponse>((resolve, reject) => {
        current.fail = reject;
        invoker.invoke(request).then(resolve, reject);
      });
      if (response.exception !== undefined) {
        throw new InvocationError(hostFunction.name, response.exception);
      }
      return await deliver(hostFunction, response, sendOutput);
    } catch (error) {
      const failure = error instanceof InvocationError ? error : deliveryError(hostFunction.name, error);
      const { message, stackTrace } = failure.exception;
      const text = stackTrace === '' ? message : stackTrace;
      if (trigger.isQuiet !== true) {
        log('error', `Function.${hostFunction.name}`, `Failed ${invocationId}: ${text}`);
      }
      throw failure;
    }
  };

  return {
    run,
    get inFlight() {
      return runs.size;
    },
    idle: () => (runs.size === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
    abandon: (reason) => {
      abandonment = new Abandonment(reason);
      for (const each of runs) {
        each.fail(abandonment);
      }
    },
    close: () => clearInterval(supervision),
  };
};

/** Hands each output to its binding; what is left for the trigger is the HTTP answer or an unbound return value. */
const deliver = async (
  hostFunction: HostFunction,
  response: InvocationResponse,
  sendOutput: SendOutput,
): Promise<TypedData | undefined> => {
  let returned = response.returnValue ?? undefined;
  const results = returned === undefined ? [] : [{ name: '$return', data: returned }];
  for (const { name, data } of [...response.outputData, ...results]) {
    const output = hostFunction.outputs.get(name);
    if (output?.type === 'http') {
      returned = data;
    } else if (output !== undefined) {
      await sendOutput(output, data);
    }
  }
  return returned;
};

const toRequest = (
  hostFunction: HostFunction,
  trigger: TriggerData,
  invocationId: string,
  durableClient: () => string,
): InvocationRequest => ({
  invocationId,
  functionId: hostFunction.id,
  inputData: [
    { name: hostFunction.triggerName, data: trigger.data },
    ...hostFunction.durableClients.map((name) => ({ name, data: { string: durableClient() } })),
  ],
  triggerMetadata: trigger.metadata ?? {},
  traceContext: createTraceContext(trigger.traceParent, trigger.traceState),
  ...(trigger.retry === undefined ? {} : { retryContext: trigger.retry }),
});

const TRACE_PARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** Goes on with the caller's trace, or begins one; either way with a span id of its own. */
const createTraceContext = (traceParent: string | undefined, traceState: string | undefined): TraceContext => {
  const match = traceParent === undefined ? null : TRACE_PARENT.exec(traceParent);
  const traceId = match?.[1] ?? randomUUID().replaceAll('-', '');
  const spanId = randomUUID().replaceAll('-', '').slice(16);
  return {
    traceParent: `00-${traceId}-${spanId}-${match?.[2] ?? '01'}`,
    traceState: match === null ? '' : (traceState ?? ''),
    attributes: {},
  };
};

const deliveryError = (functionName: string, error: unknown): InvocationError => {
  const message = error instanceof Error ? error.message : String(error);
  const stackTrace = error instanceof Error ? (error.stack ?? '') : '';
  return new InvocationError(functionName, { message, stackTrace, source: 'host' }, error);
};

const reportOverdue = (runs: ReadonlySet<Run>, { limitMs, onExceeded }: FunctionTimeout): void => {
  const now = performance.now();
  for (const run of runs) {
    if (!run.isReported && now - run.startedAtMs > limitMs) {
      run.isReported = true;
      onExceeded(`Timeout value of ${limitMs} ms exceeded by ${run.functionName} (${run.invocationId})`);
    }
  }
};
