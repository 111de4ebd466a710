const df = require('durable-functions');
require('../shared.cjs');

df.app.orchestration('order', function* (context) {
  const order = context.df.getInput();
  const done = [context.df.version ?? null];
  done.push(yield context.df.callActivity('step', `reserve ${order}`));
  yield context.df.waitForExternalEvent('paid');
  if (context.df.version !== '1.0') done.push(yield context.df.callActivity('step', `pack ${order}`));
  done.push(yield context.df.callActivity('step', `ship ${order}`));
  return done;
});
df.app.orchestration('lingers', function* (context) {
  yield context.df.callActivity('linger');
});
