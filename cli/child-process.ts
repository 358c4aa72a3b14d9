/** A program that the command line runs: with its own standard streams, and with the signals that come for it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface Child {
  /** The exit code as a shell tells it: 128 and the signal that ended it, 126 and 127 for what cannot be run. */
  exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/** The environment is all that the child is given besides its arguments. */
export function startChild(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  onFailure: (text: string) => void,
): Child {
  const [program = '', ...words] = command;
  const child = spawn(program, words, { stdio: 'inherit', env: environment });
  const exited = new Promise<number>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      onFailure(`error: ${program} cannot be run (${error.code})\n`);
      resolve(error.code === 'ENOENT' ? 127 : 126);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  return { exited, kill: (signal) => void child.kill(signal) };
}

const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to everybody in the foreground, so the child has them already. */
const BY_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT']);

/** Until the answered function is called, signals are for the child and end nothing here. */
export function forwardSignals(handle: (signal: NodeJS.Signals) => void, hasTerminal: boolean): () => void {
  const listeners = FORWARDED.map((signal) => {
    const listener = () => {
      if (!hasTerminal || !BY_TERMINAL.has(signal)) handle(signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
