import type { z } from 'zod';
import type { Adapter, AdapterCall } from '../../shared/core/adapter.ts';

/**
 * Makes adapters of different settings fit one list: the result takes settings of unknown shape and parses them by the adapter's
 * own schema before they are used; a settings object is parsed once, so it must not be changed in place. Settings that do not fit
 * were not saved through the API, so that is an ordinary `Error` (a bug or a corrupt document), never an `AdapterFailure`.
 */
export function eraseSettings<Settings>(adapter: Adapter<Settings>): Adapter {
  // One call asks several times with the same object, for every page.
  const parsedBefore = new WeakMap<object, { readonly settings: Settings }>();
  const parse = (raw: unknown): Settings => {
    const key = typeof raw === 'object' && raw !== null ? raw : undefined;
    const before = key === undefined ? undefined : parsedBefore.get(key);
    if (before !== undefined) return before.settings;
    const settings = parseSettings(adapter.id, adapter.settings, raw);
    if (key !== undefined) parsedBefore.set(key, { settings });
    return settings;
  };
  const parseCall = (call: AdapterCall): AdapterCall<Settings> => ({ settings: parse(call.settings), http: call.http });
  const { id, label, description, settings, auth, requestsPerMinute } = adapter;
  const pull = adapter.pull?.bind(adapter);
  const describe = adapter.describe?.bind(adapter);
  const partition = adapter.partition?.bind(adapter);
  const push = adapter.push?.bind(adapter);
  const fetch = adapter.fetch?.bind(adapter);
  const findCreated = adapter.findCreated?.bind(adapter);
  const inspect = adapter.inspect?.bind(adapter);
  const readDelivery = adapter.readDelivery?.bind(adapter);
  return {
    ...{ id, label, description, settings, auth, requestsPerMinute },
    baseUrl: (raw) => adapter.baseUrl(parse(raw)),
    authorisation: (raw) => adapter.authorisation(parse(raw)),
    objects: (raw) => adapter.objects(parse(raw)),
    check: (call) => adapter.check(parseCall(call)),
    ...(pull === undefined ? {} : { pull: async (call, request) => await pull(parseCall(call), request) }),
    ...(describe === undefined ? {} : { describe: async (call, object) => await describe(parseCall(call), object) }),
    ...(push === undefined ? {} : { push: async (call, request) => await push(parseCall(call), request) }),
    ...(fetch === undefined ? {} : { fetch: async (call, request) => await fetch(parseCall(call), request) }),
    ...(findCreated === undefined
      ? {}
      : { findCreated: async (call, request) => await findCreated(parseCall(call), request) }),
    ...(inspect === undefined ? {} : { inspect: async (raw) => await inspect(parse(raw)) }),
    ...(readDelivery === undefined
      ? {}
      : { readDelivery: async (raw, delivery) => await readDelivery(parse(raw), delivery) }),
    ...(partition === undefined ? {} : { partition: (raw, request) => partition(parse(raw), request) }),
  };
}

function parseSettings<Settings>(id: string, schema: z.ZodType<Settings>, settings: unknown): Settings {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.') || '(all)').join(', ');
  throw new Error(`The settings of an integration with ${id} do not fit its schema: ${fields}.`, {
    cause: parsed.error,
  });
}
