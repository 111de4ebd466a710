import { notSupported, optionalText, requiredText } from './binding-settings.ts';
import { ConfigurationError } from './config/errors.ts';
import { expandSettings, type Settings } from './config/settings.ts';
import { type ChangeFeedTrigger, describeChangeFeedTrigger } from './cosmos/trigger.ts';
import type { BindingInfo, FunctionMetadata, RetryOptions } from './worker/rpc.ts';

export type AuthLevel = 'anonymous' | 'function' | 'admin';

export interface HttpTrigger {
  readonly type: 'http';
  readonly route: string;
  /** Upper case. */
  readonly methods: readonly string[];
  readonly authLevel: AuthLevel;
}

export interface TimerTrigger {
  readonly type: 'timer';
  readonly schedule: string;
  readonly runOnStartup: boolean;
  /** False turns the persisted schedule off; undefined leaves it to the schedule. */
  readonly useMonitor: boolean | undefined;
}

export interface QueueTrigger {
  readonly type: 'queue';
  readonly queueName: string;
  /** The name of the app setting that holds the connection string. */
  readonly connection: string | undefined;
  readonly isBinary: boolean;
}

/** A function of Durable Functions. */
export interface DurableTrigger {
  readonly type: 'orchestration' | 'activity' | 'entity';
}

export type Trigger = HttpTrigger | TimerTrigger | QueueTrigger | ChangeFeedTrigger | DurableTrigger;

export type Output =
  | { readonly type: 'http' }
  | { readonly type: 'queue'; readonly queueName: string; readonly connection: string | undefined }
  | { readonly type: 'blob'; readonly path: string; readonly connection: string | undefined };

export interface HostFunction<Kind extends Trigger = Trigger> {
  readonly id: string;
  readonly name: string;
  readonly trigger: Kind;
  /** The name under which the trigger's data are handed to the worker. */
  readonly triggerName: string;
  /** By binding name; `$return` is what the function returns. */
  readonly outputs: ReadonlyMap<string, Output>;
  /** The names of its inputs of type `durableClient`. */
  readonly durableClients: readonly string[];
  readonly retry: RetryOptions | undefined;
}

/**
 * Reads what a function says of its trigger and outputs and replaces `%SETTING%` in it.
 * @throws ConfigurationError naming the function and what of it is wrong or not supported
 */
export const describeFunction = (metadata: FunctionMetadata, settings: Settings): HostFunction => {
  const { name } = metadata;
  const bindings = Object.entries(metadata.bindings);
  const triggers = bindings.filter(([, binding]) => isTrigger(binding));
  const [trigger] = triggers;
  if (trigger === undefined || triggers.length > 1) {
    throw new ConfigurationError(`The function "${name}" has ${triggers.length} triggers, it must have exactly one`);
  }
  const outputs = new Map<string, Output>();
  const durableClients: string[] = [];
  for (const [bindingName, binding] of bindings) {
    if (binding.direction === 'out') {
      outputs.set(bindingName, describeOutput(name, binding, settings));
    } else if (/^(durableClient|orchestrationClient)$/i.test(binding.type ?? '')) {
      assertOwnHub(name, binding);
      durableClients.push(bindingName);
    } else if (!isTrigger(binding)) {
      throw notSupported(name, `an input binding of type "${binding.type}"`);
    }
  }
  return {
    id: metadata.functionId,
    name,
    trigger: describeTrigger(name, trigger[1], settings),
    triggerName: trigger[0],
    outputs,
    durableClients,
    retry: metadata.retryOptions,
  };
};

export const hasTrigger = <Type extends Trigger['type']>(
  hostFunction: HostFunction,
  type: Type,
): hostFunction is HostFunction<Extract<Trigger, { type: Type }>> => hostFunction.trigger.type === type;

const isTrigger = (binding: BindingInfo): boolean => /trigger$/i.test(binding.type ?? '');

const describeTrigger = (name: string, binding: BindingInfo, settings: Settings): Trigger => {
  switch (binding.type?.toLowerCase()) {
    case 'httptrigger':
      return describeHttpTrigger(name, binding, settings);
    case 'timertrigger':
      return {
        type: 'timer',
        schedule: expandSettings(requiredText(name, binding, 'schedule'), settings),
        runOnStartup: binding['runOnStartup'] === true,
        useMonitor: typeof binding['useMonitor'] === 'boolean' ? binding['useMonitor'] : undefined,
      };
    case 'queuetrigger':
      return {
        type: 'queue',
        queueName: queueName(name, binding, settings),
        connection: optionalText(name, binding, 'connection'),
        isBinary: optionalText(name, binding, 'dataType') === 'binary',
      };
    case 'orchestrationtrigger':
      return { type: 'orchestration' };
    case 'activitytrigger':
      return { type: 'activity' };
    case 'entitytrigger':
      return { type: 'entity' };
    case 'cosmosdbtrigger':
      return describeChangeFeedTrigger(name, binding, settings);
    default:
      throw notSupported(name, `a trigger of type "${binding.type}"`);
  }
};

const assertOwnHub = (name: string, binding: BindingInfo): void => {
  for (const setting of ['taskHub', 'connectionName']) {
    if (optionalText(name, binding, setting) !== undefined) {
      throw notSupported(name, `"${setting}" of a durable client: this host has one task hub`);
    }
  }
};

const describeHttpTrigger = (name: string, binding: BindingInfo, settings: Settings): HttpTrigger => {
  const authLevel = (optionalText(name, binding, 'authLevel') ?? 'anonymous').toLowerCase();
  if (authLevel !== 'anonymous' && authLevel !== 'function' && authLevel !== 'admin') {
    throw notSupported(name, `the auth level "${authLevel}"`);
  }
  const methods = binding['methods'];
  return {
    type: 'http',
    route: expandSettings(optionalText(name, binding, 'route') ?? name, settings),
    methods: Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : ['GET', 'POST'],
    authLevel,
  };
};

const describeOutput = (name: string, binding: BindingInfo, settings: Settings): Output => {
  const connection = optionalText(name, binding, 'connection');
  switch (binding.type?.toLowerCase()) {
    case 'http':
      return { type: 'http' };
    case 'queue':
      return { type: 'queue', queueName: queueName(name, binding, settings), connection };
    case 'blob': {
      const path = expandSettings(requiredText(name, binding, 'path'), settings);
      const expression = path.replace(/\{(rand-guid|DateTime)\}/gi, '').match(/\{[^}]*\}/)?.[0];
      if (expression !== undefined) {
        throw notSupported(name, `the binding expression "${expression}" in "${path}"`);
      }
      if (!/^[^/]+\/.+$/.test(path)) {
        throw new ConfigurationError(`The function "${name}": the blob path "${path}" is not "container/name"`);
      }
      return { type: 'blob', path, connection };
    }
    default:
      throw notSupported(name, `an output binding of type "${binding.type}"`);
  }
};

const QUEUE_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** Upper case is lowered, as the queues extension does. */
const queueName = (name: string, binding: BindingInfo, settings: Settings): string => {
  const queue = expandSettings(requiredText(name, binding, 'queueName'), settings).toLowerCase();
  if (/\{[^}]*\}/.test(queue)) {
    throw notSupported(name, `a binding expression in the queue name "${queue}"`);
  }
  if (!QUEUE_NAME.test(queue)) {
    throw new ConfigurationError(`The function "${name}": "${queue}" cannot be the name of a queue`);
  }
  return queue;
};
