const df = require('durable-functions');

df.app.orchestration('timer', function* (context) {
  const before = context.df.currentUtcDateTime;
  const fireAt = new Date(before.getTime() + context.df.getInput());
  yield context.df.createTimer(fireAt);
  return context.df.currentUtcDateTime.getTime() >= fireAt.getTime();
});
df.app.orchestration('forgetsTimer', function* (context) {
  const { ms, cancels } = context.df.getInput();
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + ms));
  const winner = yield context.df.Task.any([context.df.callActivity('echo', 'fast'), timer]);
  if (cancels) timer.cancel();
  context.df.setCustomStatus('returned');
  return winner.result;
});
df.app.orchestration('failsFast', function* (context) {
  try {
    yield context.df.Task.all([context.df.callActivity('boom'), context.df.waitForExternalEvent('release')]);
  } catch {
    context.df.setCustomStatus('compensating');
    return yield context.df.callActivity('note', 'compensated');
  }
});
df.app.orchestration('waits', function* (context) {
  const names = context.df.getInput() || ['go'];
  const values = [];
  for (const name of names) values.push(yield context.df.waitForExternalEvent(name));
  return values;
});
df.app.orchestration('approval', function* (context) {
  const deadline = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
  const approval = context.df.waitForExternalEvent('approve');
  const winner = yield context.df.Task.any([approval, deadline]);
  deadline.cancel();
  return winner === approval ? approval.result : 'too late';
});
df.app.orchestration('eternal', function* (context) {
  const { left, seen } = context.df.getInput();
  const value = yield context.df.waitForExternalEvent('next');
  const all = [...seen, value];
  if (left === 1) return all;
  context.df.continueAsNew({ left: left - 1, seen: all });
});
df.app.orchestration('counts', function* (context) {
  const left = context.df.getInput();
  if (left === 0) return 'done';
  yield context.df.callActivity('echo', left);
  context.df.continueAsNew(left - 1);
});
// biome-ignore lint/correctness/useYield: orchestrators are generators, this one waits for nothing
df.app.orchestration('continuesWithText', function* (context) {
  const input = context.df.getInput();
  if (input !== 'first') return input;
  context.df.continueAsNew('second');
});
df.app.orchestration('status', function* (context) {
  context.df.setCustomStatus({ step: 1 });
  yield context.df.waitForExternalEvent('go');
  context.df.setCustomStatus('almost');
  return 'ok';
});
df.app.orchestration('http', function* (context) {
  const { url, enablePolling } = context.df.getInput();
  const response = yield context.df.callHttp({ method: 'POST', url, body: { a: 1 }, enablePolling });
  const after = yield context.df.callActivity('echo', 'after');
  return { statusCode: response.statusCode, content: response.content, after };
});
df.app.orchestration('httpFails', function* (context) {
  try {
    yield context.df.callHttp({ method: 'GET', url: context.df.getInput() });
  } catch (error) {
    return `failed: ${error.message}`;
  }
});
