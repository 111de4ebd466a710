const df = require('durable-functions');

df.app.orchestration('mixed', function* (context) {
  const options = new df.RetryOptions(5, 2);
  const entity = new df.EntityId('counter', context.df.instanceId);
  context.df.signalEntity(entity, 'add', 5);
  let caught;
  try {
    yield context.df.Task.all([
      context.df.callActivityWithRetry('boom', options, 'never'),
      context.df.callActivity('echo', 1),
    ]);
  } catch (error) {
    caught = error.message.split('\n')[0].trim();
  }
  const value = yield context.df.callEntity(entity, 'get');
  return { caught, value };
});
df.app.entity('counter', (context) => {
  const value = context.df.getState(() => 0);
  switch (context.df.operationName) {
    case 'add':
      context.df.setState(value + (context.df.getInput() ?? 1));
      context.df.return(value + (context.df.getInput() ?? 1));
      break;
    case 'get':
      context.df.return(value);
      break;
    case 'relay':
      context.df.signalEntity(new df.EntityId('counter', context.df.getInput()), 'add', value);
      break;
    case 'fail':
      throw new Error('the entity refuses');
    case 'delete':
      context.df.destructOnExit();
      break;
    default:
      throw new Error(`There is no operation ${context.df.operationName}`);
  }
});
df.app.orchestration('entityCalls', function* (context) {
  const entity = new df.EntityId('Counter', context.df.instanceId);
  const first = yield context.df.callEntity(entity, 'add', 2);
  const [second, third] = yield context.df.Task.all([
    context.df.callEntity(entity, 'add', 3),
    context.df.callEntity(entity, 'get'),
  ]);
  let failure;
  try {
    yield context.df.callEntity(entity, 'fail');
  } catch (error) {
    failure = error instanceof Error;
  }
  context.df.signalEntity(entity, 'relay', `${context.df.instanceId}-other`);
  const last = yield context.df.callEntity(entity, 'get');
  return { first, second, third, failure, last };
});
df.app.orchestration('locks', function* (context) {
  yield context.df.lock(new df.EntityId('counter', 'a'));
});
df.app.orchestration('signalsAndContinues', function* (context) {
  const left = context.df.getInput();
  const entity = new df.EntityId('counter', context.df.instanceId);
  if (left === 0) return yield context.df.callEntity(entity, 'get');
  context.df.signalEntity(entity, 'add', 1);
  context.df.continueAsNew(left - 1);
});
