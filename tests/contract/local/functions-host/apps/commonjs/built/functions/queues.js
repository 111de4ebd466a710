const { app, output } = require('@azure/functions');

const connection = 'AzureWebJobsStorage';
const many = output.storageQueue({ queueName: '%MANY_QUEUE%', connection });
const blob = output.storageBlob({ path: 'copies/latest.txt', connection });

/** What the functions have seen, for the tests to ask for. */
const seen = [];
app.http('seen', { handler: () => ({ jsonBody: seen }) });

app.http('send', {
  methods: ['POST'],
  extraOutputs: [many, blob],
  handler: async (request, context) => {
    const messages = await request.json();
    context.extraOutputs.set(many, messages);
    context.extraOutputs.set(blob, JSON.stringify(messages));
    return { status: 202 };
  },
});

app.storageQueue('many', {
  queueName: '%MANY_QUEUE%',
  connection,
  return: output.storageQueue({ queueName: 'followed', connection: 'Storage' }),
  handler: (entry, context) => {
    seen.push({ queue: 'many', entry, metadata: context.triggerMetadata });
    return `after ${JSON.stringify(entry)}`;
  },
});
app.storageQueue('followed', {
  queueName: 'followed',
  connection: 'Storage',
  handler: (entry) => {
    seen.push({ queue: 'followed', entry });
  },
});
app.storageQueue('failing', {
  queueName: 'failing',
  connection,
  handler: (entry, context) => {
    seen.push({ queue: 'failing', entry, dequeueCount: context.triggerMetadata.dequeueCount });
    throw new Error('failing on purpose');
  },
});
app.storageQueue('failingPoison', {
  queueName: 'failing-poison',
  connection,
  handler: (entry) => {
    seen.push({ queue: 'failing-poison', entry });
  },
});
app.storageQueue('long', {
  queueName: 'long',
  connection,
  handler: async (entry) => {
    process.stderr.write(`long message ${entry} begun\n`);
    seen.push({ queue: 'long', entry });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    process.stderr.write(`long message ${entry} done\n`);
  },
});
