const df = require('durable-functions');
const { note } = require('../note.cjs');

df.app.activity('hello', { handler: (name) => `Hello, ${name}!` });
df.app.activity('echo', { handler: (value) => value });
df.app.activity('note', {
  handler: (line) => {
    note(line);
    return line;
  },
});
df.app.activity('slow', {
  handler: async (ms) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    note(`slow ${ms}`);
    return ms;
  },
});
let inFlight = 0;
let most = 0;
df.app.activity('gauge', {
  handler: async () => {
    inFlight++;
    most = Math.max(most, inFlight);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inFlight--;
    return most;
  },
});
df.app.activity('boom', {
  handler: (message) => {
    throw new Error(message ?? 'boom');
  },
});
const attempts = new Map();
df.app.activity('flaky', {
  handler: ({ key, failures }) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt <= failures) throw new Error(`attempt ${attempt} failed`);
    return attempt;
  },
});
const childAttempts = new Map();
df.app.activity('failingChildStep', {
  handler: (key) => {
    const attempt = (childAttempts.get(key) ?? 0) + 1;
    childAttempts.set(key, attempt);
    if (attempt < 3) throw new Error(`child step ${attempt}`);
    return attempt;
  },
});
df.app.activity('detailed', {
  handler: () => {
    throw Object.assign(new TypeError('detailed'), { code: 7 });
  },
});
df.app.setExceptionPropertiesProvider({
  getExceptionProperties: (error) => (error?.code === undefined ? undefined : { code: error.code }),
});
