import {
  type Adapter,
  type AdapterCall,
  AdapterFailure,
  type AdapterHttpResponse,
  type DescribedField,
  type ExternalChange,
  type PullPage,
  type PullRequest,
  type RejectedRecord,
} from '../../shared/core/adapter.ts';
import { describeRecords } from '../kit/describe-records.ts';
import { parseHttpDate } from '../kit/http-date.ts';
import { readPath } from '../kit/read-path.ts';
import { describeRequest } from '../kit/request-url.ts';
import { createStatusFailure } from '../kit/status-failure.ts';
import { readByRules } from '../webhook/read-by-rules.ts';
import { inspectRules } from '../webhook/webhook-rule.ts';
import { type AnsweredPage, digestItems, type PageRequest } from './answered-page.ts';
import { describeWrites } from './describe-writes.ts';
import { fetchRecords } from './fetch-records.ts';
import { findCreatedRecords } from './find-created.ts';
import { findItems } from './find-items.ts';
import { formatInstant } from './format-instant.ts';
import { partition, rangeQuery } from './partition.ts';
import { decodePosition, encodePosition } from './position.ts';
import { pushRecords } from './push.ts';
import { readItems } from './read-items.ts';
import { readRecord } from './read-record.ts';
import { type CustomRestSettings, customRestSettings, type ObjectSettings } from './settings.ts';

type Call = AdapterCall<CustomRestSettings>;

/** Any JSON API, by configuration. */
export const customRest: Adapter<CustomRestSettings> = {
  id: 'custom-rest',
  label: 'Custom REST API',
  description:
    'Any JSON API over HTTP: sign-in, objects, paging, incremental reads and writes are a matter of settings.',
  settings: customRestSettings,
  auth: ['api-key', 'basic', 'bearer', 'none'],
  requestsPerMinute: 100,
  baseUrl: (settings) => settings.baseUrl,
  authorisation: (settings) => settings.auth,
  objects: (settings) =>
    Object.entries(settings.objects).map(([name, object]) => ({
      name,
      incremental: object.incremental !== undefined,
      maxPageSize: object.maxPageSize,
      fetches: object.record !== undefined,
      ...(object.writes === undefined ? {} : { writes: describeWrites(object.writes) }),
    })),
  check,
  pull,
  describe,
  partition,
  push: async (call, request) => await pushRecords(call, findObject(call.settings, request.object), request),
  fetch: async (call, request) => await fetchRecords(call, findObject(call.settings, request.object), request),
  findCreated: async (call, request) =>
    await findCreatedRecords(call, findObject(call.settings, request.object), request),
  inspect: async ({ webhook }) =>
    (await inspectRules(webhook?.events ?? [])).map(({ path, message }) => ({
      path: ['webhook', 'events', ...path],
      message,
    })),
  readDelivery: async ({ webhook }, delivery) =>
    webhook === undefined
      ? { kind: 'ignored', reason: 'The settings say nothing of webhooks.' }
      : await readByRules(webhook.events, delivery),
};

/** A login page answers with 200 as well, so an answer proves the connection only when it is JSON, or none at all (204). */
async function check(call: Call): Promise<void> {
  const response = await call.http({ url: call.settings.testPath, ...headersOf(call) });
  if (response.status !== 204) response.json();
}

async function pull(call: Call, request: PullRequest): Promise<PullPage> {
  const object = findObject(call.settings, request.object);
  const position = request.cursor === undefined ? undefined : decodePosition(object.paging, request.cursor);
  const size = Math.max(1, Math.min(request.pageSize, object.maxPageSize));
  let observedMs: number | undefined;
  let total: number | undefined;
  const ask = async (plan: PageRequest): Promise<AnsweredPage> => {
    const response = await askFor(call, object, { plan, request, continues: position !== undefined });
    // Of several answers the first has the earliest time: what changed after it may be missing.
    observedMs ??= parseHttpDate(response.header('date') ?? '');
    const body = response.json();
    total ??= totalOf(object, body);
    const items = findItems(body, object.itemsPath);
    const digest = digestItems(items, object.idField);
    return { url: response.url, body, linkHeader: response.header('link'), items, digest };
  };
  const { auth } = call.settings;
  const secretParam = auth.kind === 'query' ? auth.name : undefined;
  const { items, next } = await readItems(object, position, { ask, size, secretParam });
  return {
    ...readRecords(items, object),
    ...(next === undefined ? { done: true } : { done: false, next: encodePosition(next) }),
    ...(total === undefined ? {} : { total }),
    ...(observedMs === undefined ? {} : { observedAt: new Date(observedMs).toISOString() }),
  };
}

/** How many records tell what an object's records hold. */
const sampleSize = 100;

/** An API that only settings describe says nothing of its fields: its first records do. */
async function describe(call: Call, object: string): Promise<DescribedField[]> {
  const { changes } = await pull(call, { object, pageSize: sampleSize });
  return describeRecords(changes.filter((change) => !change.deleted).map((change) => change.record));
}

async function askFor(
  call: Call,
  object: ObjectSettings,
  { plan, request, continues }: { plan: PageRequest; request: PullRequest; continues: boolean },
): Promise<AdapterHttpResponse> {
  const response = await call.http({
    ...('url' in plan
      ? { url: plan.url }
      : {
          url: object.path,
          query: {
            ...object.query,
            ...sinceQuery(object, request.since),
            ...rangeQuery(object, request.range),
            ...plan.query,
          },
        }),
    ...headersOf(call),
    // Only a page that continues can have an expired cursor.
    ...(continues ? { expect: [object.expiredCursor.status] } : {}),
  });
  if (continues && response.status === object.expiredCursor.status) throwExpired(object, response);
  return response;
}

function readRecords(items: readonly unknown[], object: ObjectSettings): Pick<PullPage, 'changes' | 'rejected'> {
  const changes: ExternalChange[] = [];
  const rejected: RejectedRecord[] = [];
  for (const [place, item] of items.entries()) {
    const read = readRecord(item, place, object);
    if (read.kind === 'change') changes.push(read.change);
    else rejected.push(read.rejected);
  }
  return { changes, rejected };
}

function findObject(settings: CustomRestSettings, name: string): ObjectSettings {
  const object = Object.hasOwn(settings.objects, name) ? settings.objects[name] : undefined;
  if (object === undefined) {
    throw new AdapterFailure('unexpected-response', `The integration's settings name no object "${name}".`, {
      wroteNothing: true,
    });
  }
  return object;
}

function sinceQuery({ incremental }: ObjectSettings, since: string | undefined): Record<string, string | number> {
  if (incremental === undefined || since === undefined) return {};
  return { [incremental.param]: formatInstant(since, incremental.format) };
}

/** How many records the whole read has, where the answer tells. */
function totalOf(object: ObjectSettings, body: unknown): number | undefined {
  const path = object.countPath ?? ('totalPath' in object.paging ? object.paging.totalPath : undefined);
  const total = path === undefined ? undefined : Number(readPath(body, path) ?? Number.NaN);
  return Number.isSafeInteger(total) && Number(total) >= 0 ? total : undefined;
}

function throwExpired({ expiredCursor }: ObjectSettings, response: AdapterHttpResponse): never {
  const { status, codePath, code } = expiredCursor;
  if (codePath !== undefined && String(readPath(response.json(), codePath)) !== String(code)) {
    const header = (name: string) => response.header(name);
    throw createStatusFailure(describeRequest('GET', new URL(response.url)), status, header, Date.now());
  }
  throw new AdapterFailure('cursor-expired', 'The provider no longer knows the cursor of this read.', { status });
}

function headersOf(call: Call): { headers?: Readonly<Record<string, string>> } {
  return call.settings.headers === undefined ? {} : { headers: call.settings.headers };
}
