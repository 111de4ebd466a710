import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { durableTask } from '../durable/settings.ts';
import { ConfigurationError } from './errors.ts';
import { parseJsonWithComments } from './json.ts';
import { parseLogLevel } from './log-level.ts';
import type { Settings } from './settings.ts';
import { parseTimeSpanMs } from './time-span.ts';

const timeSpanMs = z.string().transform((text, context) => {
  const ms = parseTimeSpanMs(text);
  if (ms === undefined) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a TimeSpan such as "00:00:30"` });
    return z.NEVER;
  }
  return ms;
});

const logLevel = z.string().transform((text, context) => {
  const level = parseLogLevel(text);
  if (level === undefined) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a log level` });
    return z.NEVER;
  }
  return level;
});

const http = z.looseObject({
  routePrefix: z.string().default('api'),
  /** -1: any number. Past it requests are answered with 429. */
  maxOutstandingRequests: z.int().min(-1).default(-1),
  customHeaders: z.record(z.string(), z.string()).default({}),
});

const queues = z.looseObject({
  batchSize: z.int().min(1).max(32).default(16),
  /** Half the batch size unless given; the cores of the machine do not count here. */
  newBatchThreshold: z.int().min(0).optional(),
  maxDequeueCount: z.int().min(1).default(5),
  /** How long a message stays hidden after a failure, in ms once parsed. */
  visibilityTimeout: timeSpanMs.default(0),
  maxPollingInterval: timeSpanMs.default(60_000).refine((ms) => ms >= 100, 'must be 100 ms or more'),
  messageEncoding: z.enum(['base64', 'none']).default('base64'),
});

/** Defaults are for one machine: a host that was killed must not stop the timers of the next one for minutes. */
const singleton = z.looseObject({
  listenerLockPeriod: timeSpanMs
    .default(15_000)
    .refine((ms) => ms >= 15_000 && ms <= 60_000, 'must be between 15 and 60 seconds'),
  listenerLockRecoveryPollingInterval: timeSpanMs.default(5_000),
});

const hostJson = z.looseObject({
  version: z.literal('2.0'),
  /** -1 means no end. */
  functionTimeout: z
    .union([z.literal(['-1', -1]).transform(() => Number.POSITIVE_INFINITY), timeSpanMs])
    .default(1_800_000),
  functions: z.array(z.string()).optional(),
  logging: z.looseObject({ logLevel: z.record(z.string(), logLevel).default({}) }).prefault({}),
  singleton: singleton.prefault({}),
  extensions: z
    .looseObject({ http: http.prefault({}), queues: queues.prefault({}), durableTask: durableTask.prefault({}) })
    .prefault({}),
});

export type HostJson = z.infer<typeof hostJson>;

/** Settings that have no bearing on one machine, or that shape telemetry only. */
const WITHOUT_EFFECT_HERE = new Set([
  'aggregator',
  'concurrency',
  'extensionBundle',
  'healthMonitor',
  'managedDependency',
  'telemetryMode',
  'watchDirectories',
  'watchFiles',
  '$schema',
]);

/**
 * Reads host.json with the overrides `AzureFunctionsJobHost__a__b`, and says what it holds that this host ignores.
 * @throws ConfigurationError naming file and setting when something is wrong
 */
export const readHostJson = async (
  appRoot: string,
  settings: Settings,
  warn: (message: string) => void,
): Promise<HostJson> => {
  const file = join(appRoot, 'host.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigurationError(`${file} cannot be read`, { cause: error });
  });
  const content = parseJsonWithComments(text, file);
  for (const [name, value] of Object.entries(settings)) {
    const path = /^AzureFunctionsJobHost(?:__|:)(.+)$/i.exec(name)?.[1];
    if (path !== undefined && value !== undefined) {
      override(content, path.split(/__|:/), parseScalar(value));
    }
  }
  return parseHostJson(content, file, warn);
};

/** The part of `readHostJson` that needs no file. */
export const parseHostJson = (content: unknown, file: string, warn: (message: string) => void): HostJson => {
  const parsed = hostJson.safeParse(content);
  if (!parsed.success) {
    const reasons = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigurationError(`${file} is not valid: ${reasons.join('; ')}`);
  }
  for (const setting of unknownSettings(parsed.data)) {
    warn(`${file}: "${setting}" is ignored by this host`);
  }
  return parsed.data;
};

const unknownSettings = (host: HostJson): string[] => {
  const beyond = (path: string, value: object, schema: z.ZodObject): string[] =>
    Object.keys(value)
      .filter((key) => !(key in schema.shape))
      .map((key) => path + key);
  const { extensions } = host;
  return [
    ...beyond('', host, hostJson).filter((key) => !WITHOUT_EFFECT_HERE.has(key)),
    ...beyond('singleton.', host.singleton, singleton),
    ...Object.keys(extensions)
      .filter((key) => !['http', 'queues', 'cosmosDB', 'durableTask'].includes(key))
      .map((key) => `extensions.${key}`),
    ...beyond('extensions.http.', extensions.http, http),
    ...beyond('extensions.queues.', extensions.queues, queues),
    ...beyond('extensions.durableTask.', extensions.durableTask, durableTask),
  ];
};

/** Sets a value deep inside, finding names in any case of letters. */
const override = (target: Record<string, unknown>, path: readonly string[], value: unknown): void => {
  const [first, ...rest] = path;
  if (first === undefined) {
    return;
  }
  const key = Object.keys(target).find((name) => name.toLowerCase() === first.toLowerCase()) ?? first;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = target[key];
  const next = typeof child === 'object' && child !== null ? (child as Record<string, unknown>) : {};
  target[key] = next;
  override(next, rest, value);
};

const parseScalar = (text: string): unknown => {
  if (/^(true|false)$/i.test(text)) {
    return text.toLowerCase() === 'true';
  }
  return /^-?\d+$/.test(text) ? Number(text) : text;
};
