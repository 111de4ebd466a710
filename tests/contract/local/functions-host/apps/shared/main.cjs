const { appendFileSync } = require('node:fs');
const { app } = require('@azure/functions');

/** A line for each event, in a file that several hosts share and that survives them. */
const note = (kind, key) =>
  appendFileSync(process.env.EVENTS_FILE, `${JSON.stringify({ kind, key, pid: process.pid, at: Date.now() })}\n`);

app.timer('tick', {
  schedule: '* * * * * *',
  handler: () => note('tick', ''),
});

app.storageQueue('work', {
  queueName: 'work',
  connection: 'AzureWebJobsStorage',
  handler: async (message) => {
    note('begin', message.key);
    await new Promise((resolve) => setTimeout(resolve, 100));
    note('end', message.key);
  },
});

app.cosmosDB('feed', {
  connection: 'COSMOS',
  databaseName: 'shared',
  containerName: 'items',
  createLeaseContainerIfNotExists: true,
  startFromBeginning: true,
  maxItemsPerInvocation: 2,
  feedPollDelay: 50,
  leaseAcquireInterval: 200,
  handler: async (documents) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const { id } of documents) {
      note('change', id);
    }
  },
});
