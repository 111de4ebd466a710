const { app } = require('@azure/functions');

const describe = async (request) => ({
  method: request.method,
  url: request.url,
  params: request.params,
  query: Object.fromEntries(request.query),
  headers: Object.fromEntries(request.headers),
  user: request.user,
  body: await request.text(),
});

const every = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

app.http('describe', {
  route: 'describe/{id?}',
  methods: every,
  handler: async (request) => ({ jsonBody: await describe(request) }),
});
app.http('orderById', { route: 'orders/{id:int}', handler: (request) => ({ body: `int ${request.params.id}` }) });
app.http('orderByName', { route: 'orders/{name}', handler: (request) => ({ body: `name ${request.params.name}` }) });
app.http('orderPut', { route: 'orders/{id}', methods: ['PUT'], handler: () => ({ status: 201 }) });
app.http('files', { route: 'files/{*rest}', handler: (request) => ({ body: `rest ${request.params.rest ?? '-'}` }) });
app.http('bytes', {
  methods: ['POST'],
  handler: async (request) => ({
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(await request.arrayBuffer()),
  }),
});
app.http('cookies', {
  handler: () => ({
    cookies: [
      { name: 'one', value: 'a b', maxAge: 60, httpOnly: true, secure: true, sameSite: 'Strict', path: '/api' },
      { name: 'two', value: '2', expires: new Date(0 + 86_400_000), domain: 'example.com', sameSite: 'None' },
    ],
  }),
});
app.http('status', {
  route: 'status/{status:int}',
  handler: (request) => ({ status: Number(request.params.status), body: 'body' }),
});
app.http('nothing', { handler: () => undefined });
app.http('broken', {
  handler: () => {
    throw new Error('broken on purpose');
  },
});
app.http('thrownText', {
  handler: () => {
    throw 'only a text';
  },
});
app.http('thrownUndefined', {
  handler: () => {
    throw undefined;
  },
});
app.http('hooked', { handler: () => 'inner' });
app.http('trace', { handler: (_, context) => ({ jsonBody: context.traceContext }) });
app.http('loud', {
  handler: (_, context) => {
    context.debug('a debug line with a secret');
    context.log('a line');
    return {};
  },
});
app.http('quiet', {
  handler: (_, context) => {
    context.debug('never written');
    return {};
  },
});
app.http('keyed', { authLevel: 'function', handler: () => ({ body: 'open' }) });
app.http('mastered', { authLevel: 'admin', handler: () => ({ body: 'open' }) });
app.http('off', { handler: () => ({ body: 'never' }) });

let finish = () => undefined;
app.http('slow', {
  handler: async () => {
    process.stderr.write('slow request begun\n');
    await new Promise((resolve) => {
      finish = resolve;
    });
    return { body: 'finished' };
  },
});
app.http('finish', {
  handler: () => {
    finish();
    return {};
  },
});
app.http('finishOnTermination', {
  handler: () =>
    new Promise((resolve) => {
      process.once('SIGTERM', () => setTimeout(() => resolve({ body: 'finished' }), 300));
      process.stderr.write('waiting for SIGTERM\n');
    }),
});
app.http('endless', {
  handler: () => {
    for (;;);
  },
});
app.http('crash', {
  handler: () => {
    setImmediate(() => {
      throw new Error('thrown outside of any handler');
    });
    return {};
  },
});
app.http('lateRegistration', {
  handler: () => {
    try {
      app.http('late', { handler: () => ({}) });
      return { body: 'registered' };
    } catch (error) {
      return { body: error.message };
    }
  },
});
