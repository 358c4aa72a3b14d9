/** Everything a command may touch outside its own values; tests run the same commands over their own terminal. */
import { type Command, Option } from 'commander';
import type { ClientSettings } from '../platform/config/client.ts';
import type { Config } from '../platform/config/config.ts';
import type { ParapetOptions } from '../sdk/parapet.ts';
import type { Child } from './child-process.ts';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** `-` is the standard input. */
  read(path: string): Promise<Buffer>;
  /** Replaces the file; only the owner can read it. */
  write(path: string, data: Buffer): Promise<void>;
  /** Throws `ConfigError`. */
  settings(): ClientSettings;
  /** Those of the server on this machine. Throws `ConfigError`. */
  serverSettings(): Config;
  /** Data folder of a server on this machine. */
  dataFolder(): string;
  now(): number;
  /** Shorter when the signal says so. */
  pause(milliseconds: number, over?: AbortSignal): Promise<void>;
  /** Somebody looks at the standard output. */
  isScreen: boolean;
  /** Replaces the file in one step, for the owner only; refuses folders that are open to everybody. */
  replace(path: string, data: Buffer): Promise<void>;
  /** What a program is given that this one starts. */
  environment(): Record<string, string>;
  /** Starts a program with the standard streams of this one. */
  start(command: readonly string[], environment: Readonly<Record<string, string>>): Child;
  /** Until the answered function is called, signals are told and end nothing. */
  forwardSignals(handle: (signal: NodeJS.Signals) => void): () => void;
  /** Aborted when the user stops a command that would go on for ever. */
  stopped: AbortSignal;
}

/** Options that every command has. */
export interface SharedOptions {
  output?: string;
  endpoint?: string;
  region?: string;
  debug?: boolean;
}

export function addSharedOptions(command: Command, format: 'json' | 'table'): Command {
  command.addOption(
    new Option('--output <format>', 'how the answer is printed').choices(['json', 'table']).default(format),
  );
  return addConnectionOptions(command);
}

export function addConnectionOptions(command: Command): Command {
  return command
    .option('--endpoint <url>', 'address of the API, in place of PARAPET_ENDPOINT')
    .option('--region <region>', 'region in the signature, in place of AWS_REGION')
    .option('--debug', 'show every attempt on the standard error');
}

/** The user asked for something that cannot be done; nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export interface ClientRequirements {
  /** False: the command works without credentials as well. */
  credentials?: boolean;
}

/** Connection settings from the environment and the options of the command. */
export async function clientOptions(
  terminal: Terminal,
  shared: SharedOptions,
  requirements: ClientRequirements = {},
): Promise<ParapetOptions> {
  const settings = terminal.settings();
  const credentials = settings.token !== undefined ? { bearer: settings.token } : settings.accessKey;
  if (credentials === undefined && requirements.credentials !== false) {
    throw new UsageError(
      'no credentials are set',
      'eval "$(parapet env)" takes those of the administrator of a server on this machine',
    );
  }
  return {
    endpoint: shared.endpoint ?? settings.endpoint,
    region: shared.region ?? settings.region,
    userAgent: 'parapet-cli',
    now: () => terminal.now(),
    ...(credentials && { credentials }),
    ...(settings.caFile !== undefined && { ca: await readCa(terminal, settings.caFile) }),
    ...(shared.debug && {
      onAttempt: (a) => {
        const again = a.retryInMs === undefined ? '' : `, again in ${a.retryInMs} ms`;
        const id = a.requestId === undefined ? '' : ` ${a.requestId}`;
        terminal.err(
          `debug: ${a.operation} #${a.attempt} ${a.method} ${a.target} ${a.outcome} ${a.milliseconds} ms${id}${again}\n`,
        );
      },
    }),
  };
}

async function readCa(terminal: Terminal, path: string): Promise<Buffer> {
  try {
    return await terminal.read(path);
  } catch {
    throw new UsageError(`the CA file ${path} cannot be read`, 'AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS names it');
  }
}
