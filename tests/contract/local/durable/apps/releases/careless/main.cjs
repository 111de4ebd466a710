const df = require('durable-functions');
require('../shared.cjs');

df.app.activity('charge', { handler: (text) => text });
df.app.orchestration('order', function* (context) {
  const order = context.df.getInput();
  yield context.df.callActivity('charge', order);
  yield context.df.waitForExternalEvent('paid');
  return yield context.df.callActivity('step', `ship ${order}`);
});
