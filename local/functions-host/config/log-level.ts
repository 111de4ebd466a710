const LEVELS = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;

/** Levels of host.json and of the worker protocol, from the least to the most important. */
export type LogLevel = (typeof LEVELS)[number];

export const levelNumber = (level: LogLevel): number => LEVELS.indexOf(level);

/** Reads a level in any case of letters; undefined when there is no such level. */
export const parseLogLevel = (text: string): LogLevel | undefined =>
  LEVELS.find((level) => level === text.toLowerCase());

/**
 * The least level to write of a category: that of the longest configured prefix, by whole parts between dots, else of
 * `default`, else information.
 * @param levels `logging.logLevel` of host.json
 */
export const minimumLevel = (levels: Readonly<Record<string, LogLevel>>, category: string): LogLevel => {
  const parts = category.split('.');
  for (let count = parts.length; count > 0; count--) {
    const level = levels[parts.slice(0, count).join('.')];
    if (level !== undefined) {
      return level;
    }
  }
  return levels['default'] ?? levels['Default'] ?? 'information';
};
