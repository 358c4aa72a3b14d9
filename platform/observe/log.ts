/** Structured logs to standard error, one JSON line per event. Never request bodies, headers or secrets. */
import { destination, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

export function createLogger(options: { level: string; name: string }): Logger {
  return pino(
    { level: options.level, name: options.name, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: 2, sync: true }),
  );
}
