/** What both entry points do around a node: settings, signals, and a start that fails with a sentence. */

import { HsmError } from '../hsm/port.ts';
import { type Config, ConfigError, readConfig } from '../platform/config/config.ts';
import { ListenError } from '../platform/http/server.ts';
import { createLogger, type Logger } from '../platform/observe/log.ts';
import { StoreError } from '../platform/store/index.ts';
import type { RunningNode } from './node.ts';

/** Exit codes: 1 a fault, 2 a setting or the environment. */
export async function main(name: string, begin: (config: Config, log: Logger) => Promise<RunningNode>): Promise<void> {
  process.umask(0o077);
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`parapet cannot start: ${error.message}\n`);
    process.exit(2);
  }
  const log = createLogger({ level: config.logLevel, name });
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected fault: ending');
    process.exit(1);
  });
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unexpected fault: ending');
    process.exit(1);
  });
  let node: RunningNode;
  try {
    node = await begin(config, log);
  } catch (error) {
    process.stderr.write(`parapet cannot start: ${describe(error, config)}\n`);
    process.exit(error instanceof Error && expected(error) ? 2 : 1);
  }
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping: requests in flight are finished');
    try {
      await node.stop();
      log.info('stopped');
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, 'stop failed');
      process.exit(1);
    }
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
}

function expected(error: Error): boolean {
  return (
    error instanceof ConfigError ||
    error instanceof StoreError ||
    error instanceof HsmError ||
    error instanceof ListenError
  );
}

function describe(error: unknown, config: Config): string {
  if (error instanceof StoreError || error instanceof HsmError)
    return `${error.message}${error.hint ? `\n  ${error.hint}` : ''}`;
  if (error instanceof ListenError) {
    return `${error.message}\n  stop the other program or set PARAPET_LISTEN (now ${config.listen.host}:${config.listen.port})`;
  }
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
