const { appendFileSync } = require('node:fs');

/** Tells the test what has run. */
exports.note = (line) => {
  if (process.env.NOTES_FILE) appendFileSync(process.env.NOTES_FILE, `${line}\n`);
};
