const df = require('durable-functions');
require('../shared.cjs');

df.app.orchestration('order', function* (context) {
  const order = context.df.getInput();
  const done = [context.df.version ?? null];
  done.push(yield context.df.callActivity('step', `reserve ${order}`));
  yield context.df.waitForExternalEvent('paid');
  done.push(yield context.df.callActivity('step', `ship ${order}`));
  return done;
});
df.app.orchestration('retired', function* (context) {
  yield context.df.waitForExternalEvent('go');
});
df.app.activity('linger', { handler: () => new Promise((resolve) => setTimeout(resolve, 60_000)) });
df.app.orchestration('lingers', function* (context) {
  yield context.df.callActivity('linger');
});
