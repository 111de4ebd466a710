import fc from 'fast-check';

/**
 * The same examples of every property at each run, so that what fails is due to what was changed, and fails again. `PROPERTY_SEED` looks at others: a whole
 * number, or `random`.
 */
const seed = process.env['PROPERTY_SEED'] ?? '20300101';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
