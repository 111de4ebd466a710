const { appendFileSync } = require('node:fs');
const df = require('durable-functions');

/** Tells the test that an activity has run. */
const note = (line) => {
  if (process.env.NOTES_FILE) appendFileSync(process.env.NOTES_FILE, `${line}\n`);
};
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
