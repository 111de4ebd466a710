const { app, input, output } = require('@azure/functions');

/** Each case is an app that the host must not start. */
const CASES = {
  throws: () => {
    throw new Error('the entry point fails');
  },
  nothing: () => undefined,
  eventHub: () =>
    app.eventHub('hub', { connection: 'C', eventHubName: 'h', cardinality: 'one', handler: () => undefined }),
  cosmosConnection: () =>
    app.cosmosDB('feed', { connection: 'C', databaseName: 'd', containerName: 'c', handler: () => undefined }),
  cosmosMode: () =>
    app.cosmosDB('feed', {
      connection: 'C',
      databaseName: 'd',
      containerName: 'c',
      changeFeedMode: 'AllVersionsAndDeletes',
      handler: () => undefined,
    }),
  blobInput: () =>
    app.http('reads', {
      extraInputs: [input.storageBlob({ path: 'a/b', connection: 'AzureWebJobsStorage' })],
      handler: () => ({}),
    }),
  tableOutput: () =>
    app.http('writes', {
      extraOutputs: [output.table({ tableName: 't', connection: 'AzureWebJobsStorage' })],
      handler: () => ({}),
    }),
  reservedRoute: () => app.http('own', { route: 'Admin/users', handler: () => ({}) }),
  constraint: () => app.http('constrained', { route: 'a/{id:odd}', handler: () => ({}) }),
  schedule: () => app.timer('never', { schedule: '0 0 25 * * *', handler: () => undefined }),
  noStorage: () => app.timer('stored', { schedule: '0 0 * * * *', handler: () => undefined }),
  noSetting: () =>
    app.storageQueue('queued', { queueName: '%NO_SUCH%', connection: 'AzureWebJobsStorage', handler: () => undefined }),
  twice: () => {
    app.http('same', { handler: () => ({}) });
    app.http('same', { handler: () => ({}) });
  },
  serves: () => app.http('served', { handler: () => ({}) }),
};

CASES[process.env.APP_CASE]();
