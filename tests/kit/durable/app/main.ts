import { app } from '@azure/functions';
import durable from 'durable-functions';
import { operateOnList } from './list-entity.ts';
import { runActivity } from './run-activity.ts';
import { runProgram } from './run-program.ts';
import { failTwice, runWorkload, runWorkloadPart } from './workload.ts';

durable.app.orchestration('program', runProgram);

durable.app.activity('act', { handler: runActivity });

durable.app.activity('raise', {
  extraInputs: [durable.input.durableClient()],
  handler: async (input, context) => {
    const { instanceId, name, value, run } = input as {
      instanceId: string;
      name: string;
      value: unknown;
      run: unknown;
    };
    await runActivity(run);
    await durable.getClient(context).raiseEvent(instanceId, name, { value });
  },
});

durable.app.entity<readonly string[]>('list', operateOnList);

durable.app.orchestration('hello', function* (context) {
  return yield context.df.callActivity('greet', context.df.getInput());
});

durable.app.activity('greet', { handler: (name) => `Hello, ${String(name)}` });

durable.app.orchestration('workload', runWorkload);
durable.app.orchestration('workloadPart', runWorkloadPart);
durable.app.activity('failTwice', { handler: failTwice });

/** Waits for ever. */
durable.app.orchestration('wait', function* (context) {
  return yield context.df.waitForExternalEvent('go');
});

/** Forgets to cancel a timer of so many ms. */
durable.app.orchestration('forgetful', function* (context) {
  const ms = context.df.getInput<number>();
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + ms));
  yield context.df.Task.any([context.df.callActivity('greet', 'you'), timer]);
  return 'done';
});

app.http('start', {
  route: 'start/{name}/{id}',
  methods: ['POST'],
  extraInputs: [durable.input.durableClient()],
  handler: async (request, context) => {
    const { name = '', id = '' } = request.params;
    const instanceId = await durable.getClient(context).startNew(name, { instanceId: id, input: await request.json() });
    return { status: 202, jsonBody: { id: instanceId } };
  },
});

/** What this process, host and app, has used so far. */
app.http('usage', {
  handler: () => {
    const { user, system } = process.cpuUsage();
    return { jsonBody: { cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 1024 / 1024 } };
  },
});
