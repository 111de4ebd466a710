import { app } from '@azure/functions';

app.setup({ enableHttpStream: true });

/** What the host answers while the app loads, at the address that it says it has. */
const early = await fetch(`http://${process.env.WEBSITE_HOSTNAME}/early`);
app.http('early', { handler: () => ({ body: `${early.status} ${process.env.WEBSITE_HOSTNAME}` }) });

app.http('echo', {
  route: 'echo/{id:int}',
  methods: ['GET', 'POST'],
  handler: async (request) => ({
    headers: { 'x-id': request.params.id, 'x-query': request.query.getAll('tag').join('+') },
    body: request.body ?? 'nothing',
  }),
});

app.http('chunks', {
  handler: () => ({
    cookies: [{ name: 'seen', value: 'yes', path: '/', httpOnly: true }],
    body: new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('first,'));
        await continued;
        controller.enqueue(new TextEncoder().encode('second'));
        controller.close();
      },
    }),
  }),
});

let goOn = () => undefined;
const continued = new Promise((resolve) => {
  goOn = resolve;
});
app.http('continue', {
  methods: ['POST'],
  handler: () => {
    goOn();
    return { status: 202 };
  },
});

app.http('headers', {
  handler: (request) => ({ jsonBody: Object.fromEntries(request.headers) }),
});

app.http('nothing', { handler: () => undefined });
app.http('broken', {
  handler: () => {
    throw new Error('broken on purpose');
  },
});
