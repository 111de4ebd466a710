const { app } = require('@azure/functions');

/** What the timers have seen, for the tests to ask for. */
const runs = [];
app.http('runs', { handler: () => ({ jsonBody: runs }) });

const note = (name) => (timer, context) => {
  runs.push({ name, timer, retryContext: context.retryContext, at: Date.now() });
};

app.timer('everySecond', { schedule: '%EVERY_SECOND%', handler: note('everySecond') });
app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: note('yearly') });
app.timer('yearlyAtStart', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: note('yearlyAtStart') });
app.timer('everyTwoHours', { schedule: '02:00:00', handler: note('everyTwoHours') });
app.timer('retried', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { milliseconds: 10 } },
  handler: (timer, context) => {
    note('retried')(timer, context);
    throw new Error('failing on purpose');
  },
});
let isRunning = false;
app.timer('neverTwice', {
  schedule: '* * * * * *',
  handler: async () => {
    const overlaps = isRunning;
    isRunning = true;
    await new Promise((resolve) => setTimeout(resolve, 1300));
    isRunning = false;
    runs.push({ name: 'neverTwice', overlaps });
  },
});
