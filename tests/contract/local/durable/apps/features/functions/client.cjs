const { app } = require('@azure/functions');
const df = require('durable-functions');
const { note } = require('../note.cjs');

/** The durable client, driven from outside: `{ method, args }` calls that method of it. */
app.http('client', {
  methods: ['POST'],
  authLevel: 'anonymous',
  route: 'client',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { method, args = [] } = await request.json();
    const revived = args.map((value) =>
      value?.entity !== undefined ? new df.EntityId(value.entity[0], value.entity[1]) : reviveDates(value),
    );
    try {
      return { jsonBody: { value: (await client[method](...revived)) ?? null } };
    } catch (error) {
      return { status: 500, jsonBody: { error: error.message } };
    }
  },
});
const reviveDates = (value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, each]) => [key, /^createdTime/.test(key) ? new Date(each) : each]),
      )
    : value;
app.http('start', {
  methods: ['POST'],
  authLevel: 'anonymous',
  route: 'start/{name}',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const id = await client.startNew(request.params.name, { input: await request.json() });
    return client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
      timeoutInMilliseconds: 20_000,
      retryIntervalInMilliseconds: 50,
    });
  },
});
df.app.activity('startsAnother', {
  extraInputs: [df.input.durableClient()],
  handler: async ({ id, waitMs }, context) => {
    note(`begins ${id}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return df.getClient(context).startNew('chain', { instanceId: id, input: ['another'] });
  },
});
df.app.orchestration('startsByActivity', function* (context) {
  return yield context.df.callActivity('startsAnother', context.df.getInput());
});
app.http('processor', { authLevel: 'anonymous', handler: () => ({ jsonBody: process.cpuUsage() }) });
