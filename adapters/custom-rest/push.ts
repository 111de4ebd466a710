import { type AdapterCall, AdapterFailure, type AdapterHttpRequest } from '../../shared/core/adapter.ts';
import type { PushOperation, PushOutcome, PushRequest } from '../../shared/core/adapter-writes.ts';
import { meetsAll, notMade, outcomeOfFailure } from '../kit/failed-write.ts';
import { readPath } from '../kit/read-path.ts';
import { describeRequest } from '../kit/request-url.ts';
import { doSideBySide } from '../kit/side-by-side.ts';
import { createStatusFailure } from '../kit/status-failure.ts';
import { planBatch, planWrite, type Verb } from './plan-write.ts';
import { readOutcome, statusesOfRecords, type WriteAnswer } from './read-outcome.ts';
import type { CustomRestSettings, ObjectSettings } from './settings.ts';
import type { BatchSettings, WriteSettings } from './write-settings.ts';

interface Target {
  readonly call: AdapterCall<CustomRestSettings>;
  readonly fields: ObjectSettings;
  readonly writes: WriteSettings;
}

/** What one request writes: one record, or several of one verb, by their places in the push. */
interface Job {
  readonly verb: Verb;
  readonly places: readonly number[];
  readonly batch?: BatchSettings;
}

/** Writes an object's records, in batches where the settings have them. Throws only when nothing could be sent at all. */
export async function pushRecords(
  call: AdapterCall<CustomRestSettings>,
  object: ObjectSettings,
  { object: name, operations }: PushRequest,
): Promise<PushOutcome[]> {
  const { writes } = object;
  if (writes === undefined) throw notWritable(name);
  for (const { kind } of operations) if (writes[kind] === undefined) throw notWritable(name, kind);
  const target: Target = { call, fields: object, writes };
  const outcomes = new Map<number, PushOutcome>();
  let stopped: AdapterFailure | undefined;
  await doSideBySide(planJobs(operations, writes), writes.concurrency, async (job) => {
    const written = job.places.map((place) => operations[place] as PushOperation);
    const told = stopped === undefined ? await doJob(target, job, written) : allNotWritten(written, notMade(stopped));
    for (const [index, place] of job.places.entries()) outcomes.set(place, told.outcomes[index] as PushOutcome);
    if (told.failure !== undefined && meetsAll(told.failure)) stopped ??= told.failure;
  });
  return operations.map((_operation, place) => outcomes.get(place) as PushOutcome);
}

/** No two operations are about one record, so their order among one another does not matter. */
function planJobs(operations: readonly PushOperation[], { batch }: WriteSettings): Job[] {
  return (['create', 'update', 'delete'] as const).flatMap((verb) => {
    const places = operations.flatMap(({ kind }, place) => (kind === verb ? [place] : []));
    if (batch?.[verb] === undefined || places.length < 2)
      return places.map((place): Job => ({ verb, places: [place] }));
    const chunks: Job[] = [];
    for (let start = 0; start < places.length; start += batch.size) {
      chunks.push({ verb, places: places.slice(start, start + batch.size), batch });
    }
    return chunks;
  });
}

/** Outcomes in the order of a job's operations; `failure` is what its request ended in. */
interface Told {
  readonly outcomes: readonly PushOutcome[];
  readonly failure?: AdapterFailure;
}

async function doJob(target: Target, { verb, batch }: Job, operations: readonly PushOperation[]): Promise<Told> {
  return batch === undefined
    ? await writeEach(target, operations)
    : await writeTogether(target, operations, verb, batch);
}

async function writeEach(target: Target, operations: readonly PushOperation[]): Promise<Told> {
  const outcomes: PushOutcome[] = [];
  let failure: AdapterFailure | undefined;
  for (const operation of operations) {
    if (failure !== undefined && meetsAll(failure)) {
      outcomes.push({ kind: 'not-written', failure: notMade(failure) });
      continue;
    }
    const told = await writeOne(target, operation);
    outcomes.push(...told.outcomes);
    failure = told.failure ?? failure;
  }
  return failure === undefined ? { outcomes } : { outcomes, failure };
}

async function writeOne({ call, fields, writes }: Target, operation: PushOperation): Promise<Told> {
  const request = planWrite(operation, writes);
  if (request === undefined) {
    return { outcomes: [{ kind: 'rejected', reason: 'The id of the record cannot be part of a URL.' }] };
  }
  return await tell([operation], async () => {
    const response = await send(call, request, writes);
    const verb = operation.kind === 'delete' ? undefined : writes[operation.kind];
    const body = bodyOf(response);
    const record = verb?.answerPath === undefined ? body : readPath(body, verb.answerPath);
    const answer: WriteAnswer = {
      status: response.status,
      error: body,
      record: verb?.answersRecord === true ? record : undefined,
      id: readPath(record, fields.idField),
      etag: response.header('etag'),
      redact: response.redact,
    };
    const outcome = readOutcome(operation, answer, { fields, writes });
    if (outcome === undefined) throw failureOf(request, response);
    return [outcome];
  });
}

/** A batch that is refused as a whole has written nothing: one record in it may be the reason, so each is written by itself. */
async function writeTogether(
  target: Target,
  operations: readonly PushOperation[],
  verb: Verb,
  batch: BatchSettings,
): Promise<Told> {
  const { call, fields, writes } = target;
  let isRefused = false;
  const told = await tell(operations, async () => {
    const request = planBatch(operations, verb, { writes, batch });
    const response = await send(call, request, writes);
    isRefused = response.status >= 400;
    if (isRefused) throw failureOf(request, response);
    const results = readPath(bodyOf(response), batch.results.path);
    if (!Array.isArray(results) || results.length !== operations.length) {
      throw new AdapterFailure(
        'unexpected-response',
        'The answer to a batch does not tell what became of each record.',
      );
    }
    return operations.map((operation, place): PushOutcome => {
      const answer = readResult(results[place], batch.results, response.redact);
      const outcome = readOutcome(operation, answer, { fields, writes });
      return outcome ?? outcomeOfFailure(failureOf(request, { ...answer, header: () => undefined, url: response.url }));
    });
  });
  return isRefused ? await writeEach(target, operations) : told;
}

function readResult(result: unknown, paths: BatchSettings['results'], redact: WriteAnswer['redact']): WriteAnswer {
  const at = (path: string | undefined) => (path === undefined ? undefined : readPath(result, path));
  const etag = at(paths.revisionPath);
  return {
    // What has no status cannot be told from a failure after the write.
    status: Number(at(paths.statusPath) ?? 500),
    error: at(paths.errorPath),
    record: at(paths.recordPath),
    id: at(paths.idPath),
    etag: typeof etag === 'string' ? etag : undefined,
    redact,
  };
}

async function tell(operations: readonly PushOperation[], write: () => Promise<readonly PushOutcome[]>): Promise<Told> {
  try {
    return { outcomes: await write() };
  } catch (error) {
    const outcome = outcomeOfFailure(error);
    return { outcomes: operations.map(() => outcome), failure: error as AdapterFailure };
  }
}

type Response = Awaited<ReturnType<AdapterCall['http']>>;

async function send(
  call: AdapterCall<CustomRestSettings>,
  request: AdapterHttpRequest,
  writes: WriteSettings,
): Promise<Response> {
  const headers = { ...call.settings.headers, ...request.headers };
  return await call.http({ ...request, headers, expect: statusesOfRecords(writes) });
}

/** An answer that is not JSON tells nothing more; what its status says holds all the same. */
function bodyOf(response: Response): unknown {
  try {
    return response.json();
  } catch (error) {
    if (error instanceof AdapterFailure) return undefined;
    throw error;
  }
}

function failureOf(
  request: AdapterHttpRequest,
  { status, header, url }: Pick<Response, 'status' | 'header' | 'url'>,
): AdapterFailure {
  return createStatusFailure(describeRequest(request.method ?? 'POST', new URL(url)), status, header, Date.now());
}

function allNotWritten(operations: readonly PushOperation[], failure: AdapterFailure): Told {
  return { outcomes: operations.map(() => ({ kind: 'not-written', failure })) };
}

function notWritable(object: string, verb?: Verb): AdapterFailure {
  const what = verb === undefined ? 'no way to write' : `no way to ${verb} a record of`;
  return new AdapterFailure('unexpected-response', `The integration's settings have ${what} "${object}".`, {
    wroteNothing: true,
  });
}
