const { app } = require('@azure/functions');

console.log('the app writes to stdout');

app.hook.appStart((context) => {
  context.hookData.startedAt = 'app start';
});
app.hook.appTerminate(() => {
  process.stderr.write('appTerminate hook ran\n');
});
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') {
    context.inputs = [...context.inputs, 'unused'];
    const handler = context.functionHandler;
    context.functionHandler = async (...args) => `wrapped(${await handler(...args)})`;
  }
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') {
    context.result = { body: context.result };
  }
});
app.hook.log((context) => {
  context.message = context.message.replaceAll('secret', '******');
});
