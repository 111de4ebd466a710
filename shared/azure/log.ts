import type { Log } from '../core/ports.ts';
import { redact, redactText } from './redact.ts';

export type LogLevel = 'info' | 'warn' | 'alert';

/** Takes one finished line. */
export type LogSink = (level: LogLevel, line: string) => void;

/**
 * One JSON object a line: `time`, `level`, `message`, then the fields. What people must look at has the level `alert`, on which the
 * deployment's alert rule fires. Secrets are redacted by name and by shape.
 */
export function createLog(now: () => Date, sink: LogSink = toConsole): Log {
  const write = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> | undefined): void => {
    const clean = redact(fields ?? {}) as Record<string, unknown>;
    sink(level, JSON.stringify({ time: now().toISOString(), level, message: redactText(message), ...clean }));
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    alert: (message, fields) => write('alert', message, fields),
  };
}

const toConsole: LogSink = (level, line) => {
  if (level === 'alert') console.error(line);
  else if (level === 'warn') console.warn(line);
  else console.info(line);
};
