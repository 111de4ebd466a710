import { type LogLevel, levelNumber } from './config/log-level.ts';

/** Writes one line, or a few when the message has several, to stderr. */
export interface Log {
  (level: LogLevel, category: string, message: string): void;
  /** Spares the making of a message that nobody would see. */
  isOn(level: LogLevel, category: string): boolean;
}

/**
 * A log that honours `logging.logLevel` of host.json. stdout stays free for the announcement.
 * @param minimumLevelOf the least level that is written of a category, e.g. `Function.orders.User`
 */
export const createLog = (minimumLevelOf: (category: string) => LogLevel, write: (text: string) => void): Log => {
  const minimums = new Map<string, number>();
  const isOn = (level: LogLevel, category: string): boolean => {
    let minimum = minimums.get(category);
    if (minimum === undefined) {
      minimum = levelNumber(minimumLevelOf(category));
      minimums.set(category, minimum);
    }
    return levelNumber(level) >= minimum;
  };
  const log = (level: LogLevel, category: string, message: string): void => {
    if (isOn(level, category)) {
      write(`${new Date().toISOString()} ${level.toUpperCase()} [${category}] ${message}\n`);
    }
  };
  return Object.assign(log, { isOn });
};

/** What an error says of itself, with its causes, for a log. */
export const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by: ${describeError(error.cause)}`;
};
