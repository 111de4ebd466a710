import { z } from 'zod';
import { defaultEngineSettings, type EngineSettings } from '../core/engine-settings.ts';
import { defaultOutgoingSettings, type OutgoingSettings } from '../core/outgoing/settings.ts';
import type { WebhookSettings } from '../core/webhooks/webhook-settings.ts';

/** How a Storage service is reached: by connection string, or by its address with the app's identity. */
export type StorageAccess =
  | { readonly kind: 'connection-string'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly queueUrl: string; readonly blobUrl: string };

export interface Config {
  readonly cosmos: {
    readonly endpoint: string;
    /** Absent: the app's identity signs in. */
    readonly key?: string;
    readonly database: string;
    /** Create the database and its containers at start; only where nothing else deploys them. */
    readonly createContainers: boolean;
  };
  readonly storage: StorageAccess;
  readonly keyVault: {
    readonly url: string;
    /** The vault is on this machine: its address cannot prove whose it is, and it may speak http. */
    readonly insecure: boolean;
  };
  readonly auth: {
    readonly issuer: string;
    readonly audience: string;
    /** Absent: found by discovery from the issuer. */
    readonly jwksUri?: string;
    readonly tenantClaim: string;
  };
  /** Whether providers may be at private and loopback addresses. */
  readonly allowPrivateAddresses: boolean;
  readonly webhooks: WebhookSettings;
  readonly engine: EngineSettings;
  readonly outgoing: OutgoingSettings;
  readonly applicationInsights?: string;
}

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true');

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** https everywhere; plain http only where it can't leave the machine. */
const serviceUrl = z
  .url({ protocol: /^https?$/, error: 'must be an https URL', abort: true })
  .refine((value) => isHttps(value) || isLoopback(value), 'must be https (http only on this machine)');

const withoutTrailingSlash = (value: string): string => value.replace(/\/+$/, '');

const milliseconds = (fallback: number, least = 1) => z.coerce.number().int().min(least).default(fallback);

const weekMs = 7 * 86_400_000;

/** Pauses in milliseconds, `0,5000,300000`; a queue hides no message for longer than a week. */
const schedule = z
  .string()
  .regex(/^\d{1,9}(,\d{1,9}){0,19}$/, 'must be 1 to 20 numbers of milliseconds, separated by commas')
  .transform((text) => text.split(',').map(Number))
  .refine((pauses) => pauses.every((pause) => pause <= weekMs), 'must hold no pause of more than a week');

const settings = z.object({
  COSMOS_ENDPOINT: serviceUrl,
  COSMOS_KEY: z.base64().optional(),
  COSMOS_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be letters, digits, hyphens and underscores')
    .default('castiel'),
  CREATE_CONTAINERS: flag,
  AzureWebJobsStorage: z.string().optional(),
  AzureWebJobsStorage__accountName: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, 'must be the name of a storage account')
    .optional(),
  AzureWebJobsStorage__queueServiceUri: serviceUrl.optional(),
  AzureWebJobsStorage__blobServiceUri: serviceUrl.optional(),
  KEY_VAULT_URL: serviceUrl,
  KEY_VAULT_INSECURE: flag,
  AUTH_ISSUER: serviceUrl,
  AUTH_AUDIENCE: z.string(),
  AUTH_JWKS_URI: serviceUrl.optional(),
  AUTH_TENANT_CLAIM: z.string().default('tid'),
  ALLOW_PRIVATE_ADDRESSES: flag,
  PUBLIC_URL: serviceUrl.optional(),
  WEBSITE_HOSTNAME: z.string().optional(),
  FORWARDING_HOPS: z.coerce.number().int().min(0).max(10).default(1),
  CLIENT_CERTIFICATE_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
    .optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().optional(),
  ENGINE_PAGES_PER_SLICE: z.coerce.number().int().min(1).max(1000).default(defaultEngineSettings.pagesPerSlice),
  ENGINE_SLICE_MS: milliseconds(defaultEngineSettings.sliceMs),
  ENGINE_SLICES_PER_TENANT: z.coerce.number().int().min(1).max(100).default(defaultEngineSettings.slicesPerTenant),
  ENGINE_LEASE_MS: milliseconds(defaultEngineSettings.leaseMs, 1000),
  ENGINE_WATCH_MS: milliseconds(defaultEngineSettings.watchMs),
  ENGINE_ATTEMPTS: z.coerce.number().int().min(1).max(20).default(defaultEngineSettings.attempts),
  ENGINE_RETRY_BASE_MS: milliseconds(defaultEngineSettings.retryBaseMs),
  ENGINE_RETRY_MAX_MS: milliseconds(defaultEngineSettings.retryMaxMs),
  ENGINE_BULK_ABOVE_RECORDS: z.coerce.number().int().min(0).default(defaultEngineSettings.bulkAboveRecords),
  ENGINE_BULK_WIDTH: z.coerce.number().int().min(1).max(64).default(defaultEngineSettings.bulkWidth),
  ENGINE_PARTITION_RECORDS: z.coerce.number().int().min(1).default(defaultEngineSettings.partitionRecords),
  OUTGOING_SCHEDULE_MS: schedule.default([...defaultOutgoingSettings.scheduleMs]),
  OUTGOING_TIMEOUT_MS: milliseconds(defaultOutgoingSettings.timeoutMs),
  OUTGOING_SLOW_MS: milliseconds(defaultOutgoingSettings.slowMs),
  OUTGOING_CIRCUIT_FAILURES: z.coerce.number().int().min(1).default(defaultOutgoingSettings.circuitFailures),
  OUTGOING_CIRCUIT_OPEN_MS: milliseconds(defaultOutgoingSettings.circuitOpenMs),
  OUTGOING_CIRCUIT_MAX_OPEN_MS: milliseconds(defaultOutgoingSettings.circuitMaxOpenMs),
  OUTGOING_DISABLE_AFTER_MS: milliseconds(defaultOutgoingSettings.disableAfterMs),
  OUTGOING_SWEEP_MS: milliseconds(defaultOutgoingSettings.sweepMs),
});

type Env = z.output<typeof settings>;

/**
 * The settings of the deployment, checked once. An empty value counts as absent.
 *
 * @throws with one message that names every bad setting, never its value.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = settings.safeParse(present);
  const lines = combinationProblems(present);
  if (parsed.success && lines.length === 0) return toConfig(parsed.data);
  for (const issue of parsed.error?.issues ?? []) {
    const name = issue.path.join('.');
    lines.push(`${name}: ${Object.hasOwn(present, name) ? issue.message : 'is missing'}`);
  }
  throw new Error(`The configuration is not valid:\n${[...new Set(lines)].map((line) => `  ${line}`).join('\n')}`);
}

/** What only several settings together can get wrong. */
function combinationProblems(present: Readonly<Record<string, string | undefined>>): string[] {
  const problems: string[] = [];
  if (storageAccess(present) === undefined) {
    problems.push(
      'AzureWebJobsStorage: must be a connection string; or AzureWebJobsStorage__accountName, or both ' +
        'AzureWebJobsStorage__queueServiceUri and AzureWebJobsStorage__blobServiceUri, must be set',
    );
  }
  const { KEY_VAULT_URL, KEY_VAULT_INSECURE } = present;
  if (KEY_VAULT_URL !== undefined && URL.canParse(KEY_VAULT_URL)) {
    const isInsecure = KEY_VAULT_INSECURE === 'true';
    if (isInsecure ? !isLoopback(KEY_VAULT_URL) : !isHttps(KEY_VAULT_URL)) {
      problems.push('KEY_VAULT_INSECURE: must be true for a vault over http, and only for a vault on this machine');
    }
  }
  return problems;
}

function toConfig(env: Env): Config {
  const storage = storageAccess(env);
  if (storage === undefined) throw new Error('AzureWebJobsStorage is not set');
  return {
    cosmos: {
      endpoint: env.COSMOS_ENDPOINT,
      ...(env.COSMOS_KEY === undefined ? {} : { key: env.COSMOS_KEY }),
      database: env.COSMOS_DATABASE,
      createContainers: env.CREATE_CONTAINERS,
    },
    storage,
    keyVault: { url: withoutTrailingSlash(env.KEY_VAULT_URL), insecure: env.KEY_VAULT_INSECURE },
    auth: {
      issuer: env.AUTH_ISSUER,
      audience: env.AUTH_AUDIENCE,
      ...(env.AUTH_JWKS_URI === undefined ? {} : { jwksUri: env.AUTH_JWKS_URI }),
      tenantClaim: env.AUTH_TENANT_CLAIM,
    },
    allowPrivateAddresses: env.ALLOW_PRIVATE_ADDRESSES,
    webhooks: {
      publicUrl: publicUrlOf(env),
      forwardingHops: env.FORWARDING_HOPS,
      certificateHeader: env.CLIENT_CERTIFICATE_HEADER?.toLowerCase(),
    },
    engine: {
      pagesPerSlice: env.ENGINE_PAGES_PER_SLICE,
      sliceMs: env.ENGINE_SLICE_MS,
      slicesPerTenant: env.ENGINE_SLICES_PER_TENANT,
      leaseMs: env.ENGINE_LEASE_MS,
      watchMs: env.ENGINE_WATCH_MS,
      attempts: env.ENGINE_ATTEMPTS,
      retryBaseMs: env.ENGINE_RETRY_BASE_MS,
      retryMaxMs: env.ENGINE_RETRY_MAX_MS,
      bulkAboveRecords: env.ENGINE_BULK_ABOVE_RECORDS,
      bulkWidth: env.ENGINE_BULK_WIDTH,
      partitionRecords: env.ENGINE_PARTITION_RECORDS,
    },
    outgoing: {
      scheduleMs: env.OUTGOING_SCHEDULE_MS,
      timeoutMs: env.OUTGOING_TIMEOUT_MS,
      slowMs: env.OUTGOING_SLOW_MS,
      circuitFailures: env.OUTGOING_CIRCUIT_FAILURES,
      circuitOpenMs: env.OUTGOING_CIRCUIT_OPEN_MS,
      circuitMaxOpenMs: env.OUTGOING_CIRCUIT_MAX_OPEN_MS,
      disableAfterMs: env.OUTGOING_DISABLE_AFTER_MS,
      sweepMs: env.OUTGOING_SWEEP_MS,
    },
    ...(env.APPLICATIONINSIGHTS_CONNECTION_STRING === undefined
      ? {}
      : { applicationInsights: env.APPLICATIONINSIGHTS_CONNECTION_STRING }),
  };
}

/** What people said, else where the platform says that the app is: with https, but on this machine. */
function publicUrlOf({ PUBLIC_URL, WEBSITE_HOSTNAME }: Env): string | undefined {
  if (PUBLIC_URL !== undefined) return withoutTrailingSlash(PUBLIC_URL);
  if (WEBSITE_HOSTNAME === undefined) return undefined;
  const url = `http://${WEBSITE_HOSTNAME}`;
  if (!URL.canParse(url)) return undefined;
  return isLoopback(url) ? url : `https://${WEBSITE_HOSTNAME}`;
}

/** The settings' names are those that the Functions host reads for its own connection `AzureWebJobsStorage`. */
function storageAccess(env: {
  readonly AzureWebJobsStorage?: string | undefined;
  readonly AzureWebJobsStorage__accountName?: string | undefined;
  readonly AzureWebJobsStorage__queueServiceUri?: string | undefined;
  readonly AzureWebJobsStorage__blobServiceUri?: string | undefined;
}): StorageAccess | undefined {
  if (env.AzureWebJobsStorage !== undefined) {
    return { kind: 'connection-string', connectionString: env.AzureWebJobsStorage };
  }
  const account = env.AzureWebJobsStorage__accountName;
  const urlOf = (service: string, given: string | undefined): string | undefined =>
    given === undefined ? account && `https://${account}.${service}.core.windows.net` : withoutTrailingSlash(given);
  const queueUrl = urlOf('queue', env.AzureWebJobsStorage__queueServiceUri);
  const blobUrl = urlOf('blob', env.AzureWebJobsStorage__blobServiceUri);
  return queueUrl === undefined || blobUrl === undefined ? undefined : { kind: 'identity', queueUrl, blobUrl };
}

function isHttps(url: string): boolean {
  return url.startsWith('https:');
}

function isLoopback(url: string): boolean {
  return loopbackNames.has(new URL(url).hostname);
}
