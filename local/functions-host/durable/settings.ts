import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { ConfigurationError } from '../config/errors.ts';
import { expandSettings, type Settings } from '../config/settings.ts';

/** An enumeration of .NET, which is read in any case of letters. */
const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.preprocess(
    (value) => names.find((name) => typeof value === 'string' && name.toLowerCase() === value.toLowerCase()) ?? value,
    z.enum(names),
  );

const concurrency = z.int().min(1).optional();

/** `extensions.durableTask` of host.json, as far as it has a meaning on one machine. */
export const durableTask = z.looseObject({
  hubName: z.string().optional(),
  maxConcurrentActivityFunctions: concurrency,
  maxConcurrentOrchestratorFunctions: concurrency,
  maxConcurrentEntityFunctions: concurrency,
  maxEntityOperationBatchSize: concurrency,
  /** Given to new instances, and what the app says that it can run. */
  defaultVersion: z.string().nullish(),
  versionMatchStrategy: oneOf(['None', 'Strict', 'CurrentOrOlder']).default('CurrentOrOlder'),
  versionFailureStrategy: oneOf(['Reject', 'Fail']).default('Reject'),
  /** `AnyState` would let a start replace a running instance. */
  overridableExistingInstanceStates: oneOf(['NonRunningStates']).default('NonRunningStates'),
});

export type DurableTaskSettings = z.infer<typeof durableTask>;

const HUB_NAME = /^[a-z][a-z0-9]{2,44}$/i;

/**
 * The name of the app's task hub.
 * @throws ConfigurationError when it cannot be one
 */
export const readHubName = ({ hubName }: DurableTaskSettings, settings: Settings): string => {
  // As the extension names it.
  const name = expandSettings(hubName ?? settings['WEBSITE_SITE_NAME'] ?? 'TestHubName', settings);
  if (!HUB_NAME.test(name)) {
    throw new ConfigurationError(
      `extensions.durableTask.hubName of host.json is "${name}": 3 to 45 letters and digits, a letter first`,
    );
  }
  return name;
};

/** How many functions run at a time; the extension's own defaults. */
export const readLimits = (settings: DurableTaskSettings) => {
  const byDefault = 10 * availableParallelism();
  return {
    maxConcurrentActivities: settings.maxConcurrentActivityFunctions ?? byDefault,
    maxConcurrentOrchestrators: settings.maxConcurrentOrchestratorFunctions ?? byDefault,
    maxConcurrentEntities: settings.maxConcurrentEntityFunctions ?? byDefault,
    maxEntityBatch: settings.maxEntityOperationBatchSize ?? 5_000,
  };
};
