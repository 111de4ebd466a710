const { app } = require('@azure/functions');
const df = require('durable-functions');

df.app.activity('step', { handler: (text) => text });

app.http('client', {
  methods: ['POST'],
  authLevel: 'anonymous',
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const { method, args } = await request.json();
    try {
      return { jsonBody: { value: (await df.getClient(context)[method](...args)) ?? null } };
    } catch (error) {
      return { status: 500, jsonBody: { error: error.message } };
    }
  },
});
