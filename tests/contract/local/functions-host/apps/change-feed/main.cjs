const { appendFileSync, existsSync, writeFileSync } = require('node:fs');
const { app } = require('@azure/functions');

/** A line for each run, in a file that several hosts share and that survives them. */
const note = (name, documents, context) =>
  appendFileSync(
    process.env.RUNS_FILE,
    `${JSON.stringify({ name, pid: process.pid, documents, retry: context.retryContext })}\n`,
  );

const feed = (name, options) =>
  app.cosmosDB(name, {
    connection: 'COSMOS',
    databaseName: '%DATABASE%',
    containerName: 'items',
    leaseContainerPrefix: name,
    createLeaseContainerIfNotExists: true,
    feedPollDelay: 50,
    leaseAcquireInterval: 200,
    leaseRenewInterval: 500,
    leaseExpirationInterval: 2000,
    ...options,
    handler: async (documents, context) => {
      note(name, documents, context);
      await options.work?.(documents, context);
    },
  });

const failOnPoison = (documents) => {
  if (documents.some((document) => document.isPoison)) {
    throw new Error('a poison document');
  }
};

let batches = 0;

/** Each function that a test asks for by name. */
const FUNCTIONS = {
  fromNow: {},
  fromBeginning: { startFromBeginning: true, maxItemsPerInvocation: 3 },
  fromTime: { startFromTime: process.env.START_TIME },
  losing: { maxItemsPerInvocation: 1, work: failOnPoison },
  keeping: {
    maxItemsPerInvocation: 1,
    retry: { strategy: 'exponentialBackoff', maxRetryCount: -1, minimumInterval: 10, maximumInterval: 50 },
    work: failOnPoison,
  },
  trying: {
    maxItemsPerInvocation: 1,
    retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 10 },
    work: failOnPoison,
  },
  long: { work: () => new Promise((resolve) => setTimeout(resolve, 3000)) },
  crashing: {
    // Only the first run: the flag file survives the process.
    work: () => {
      if (!existsSync(`${process.env.RUNS_FILE}.crashed`)) {
        writeFileSync(`${process.env.RUNS_FILE}.crashed`, '');
        setImmediate(() => {
          throw new Error('thrown outside of any handler');
        });
        return new Promise(() => undefined);
      }
    },
  },
  // The third batch of each process ends once a file says so.
  held: {
    maxItemsPerInvocation: 2,
    startFromBeginning: true,
    leaseExpirationInterval: 5000,
    work: async () => {
      batches += 1;
      while (batches >= 3 && !existsSync(`${process.env.RUNS_FILE}.released`)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  },
};

for (const name of process.env.APP_FUNCTIONS.split(',')) {
  feed(name, FUNCTIONS[name]);
}
