const df = require('durable-functions');

df.app.orchestration('chain', function* (context) {
  const names = context.df.getInput() || ['world'];
  const result = [];
  for (const name of names) result.push(yield context.df.callActivity('hello', name));
  return result;
});
df.app.orchestration('fanOut', function* (context) {
  const tasks = [];
  for (let index = 0; index < context.df.getInput(); index++) tasks.push(context.df.callActivity('echo', index));
  const values = yield context.df.Task.all(tasks);
  return values.reduce((sum, value) => sum + value, 0);
});
df.app.orchestration('gauges', function* (context) {
  const tasks = Array.from({ length: context.df.getInput() }, () => context.df.callActivity('gauge'));
  return Math.max(...(yield context.df.Task.all(tasks)));
});
df.app.orchestration('inputs', function* (context) {
  const values = ['text', '5', '', 0, null, { a: [1, 'é', 'quote \' " \\'] }, true, 1.5];
  const result = [];
  for (const value of values) result.push(yield context.df.callActivity('echo', value));
  result.push(yield context.df.callActivity('echo'));
  return { result, input: context.df.getInput(), parent: context.df.parentInstanceId ?? null };
});
// biome-ignore lint/correctness/useYield: orchestrators are generators, this one waits for nothing
df.app.orchestration('fails', function* () {
  throw new Error('on purpose');
});
df.app.orchestration('catches', function* (context) {
  try {
    yield context.df.callActivity('boom', 'caught');
  } catch (error) {
    return error.message;
  }
});
df.app.orchestration('uncaught', function* (context) {
  yield context.df.callActivity('boom', 'loud');
});
df.app.orchestration('retries', function* (context) {
  const { failures, attempts: max } = context.df.getInput();
  const options = new df.RetryOptions(20, max);
  options.backoffCoefficient = 2;
  try {
    return yield context.df.callActivityWithRetry('flaky', options, { key: context.df.instanceId, failures });
  } catch (error) {
    return `gave up: ${error.message.split('\n')[0].trim()}`;
  }
});
df.app.orchestration('retriesAside', function* (context) {
  const options = new df.RetryOptions(10, 3);
  const a = context.df.callActivityWithRetry('flaky', options, { key: `${context.df.instanceId}a`, failures: 2 });
  const b = context.df.callActivityWithRetry('flaky', options, { key: `${context.df.instanceId}b`, failures: 1 });
  const c = context.df.callActivity('echo', 'c');
  const first = yield context.df.Task.any([a, c]);
  const after = yield context.df.callActivity('echo', 'after');
  const both = yield context.df.Task.all([b, context.df.callActivity('echo', 'd')]);
  const last = yield context.df.callActivity('echo', 'last');
  return [first === c, after, both, last];
});
df.app.orchestration('parent', function* (context) {
  const child = yield context.df.callSubOrchestrator('inputs', { from: 'parent' });
  const named = yield context.df.callSubOrchestrator('chain', ['child'], `${context.df.instanceId}-child`);
  return { child, named };
});
df.app.orchestration('failingChild', function* (context) {
  return yield context.df.callActivity('failingChildStep', context.df.getInput());
});
df.app.orchestration('parentRetries', function* (context) {
  return yield context.df.callSubOrchestratorWithRetry(
    'failingChild',
    new df.RetryOptions(10, 5),
    context.df.instanceId,
  );
});
df.app.orchestration('parentOfFailing', function* (context) {
  try {
    yield context.df.callSubOrchestrator('fails');
  } catch (error) {
    return error.message;
  }
});
df.app.orchestration('replays', function* (context) {
  const first = context.df.isReplaying;
  const id = context.df.newGuid(context.df.instanceId);
  yield context.df.callActivity('note', `replaying ${context.df.isReplaying}`);
  return { first, isReplaying: context.df.isReplaying, id, version: context.df.version ?? null };
});
df.app.orchestration('callsMissing', function* (context) {
  yield context.df.callActivity('nowhere');
});
df.app.orchestration('steps', function* (context) {
  const count = context.df.getInput();
  for (let step = 0; step < count; step++) {
    yield context.df.callActivity('note', `${context.df.instanceId} ${step}`);
  }
  return count;
});
df.app.orchestration('slowStep', function* (context) {
  return yield context.df.callActivity('slow', context.df.getInput());
});
df.app.orchestration('retriesInTime', function* (context) {
  const options = new df.RetryOptions(1_000, 50);
  options.retryTimeoutInMilliseconds = 1;
  try {
    return yield context.df.callActivityWithRetry('flaky', options, { key: context.df.instanceId, failures: 99 });
  } catch (error) {
    return error.message.split('\n')[0].trim();
  }
});
df.app.orchestration('childWithId', function* (context) {
  try {
    yield context.df.callSubOrchestrator('waits', [], context.df.getInput());
  } catch (error) {
    return error.message;
  }
});
df.app.orchestration('failureDetails', function* (context) {
  try {
    yield context.df.callActivity('detailed');
  } catch (error) {
    const { errorType, properties, errorMessage } = error.failureDetails;
    return { type: errorType, properties, message: errorMessage };
  }
});
