/** What the exit code of a command says; part of the interface, scripts branch on it. */
import { ParapetError } from '../sdk/error.ts';

export const EXIT = {
  ok: 0,
  /** The command line or the settings cannot be used; nothing was sent. */
  usage: 1,
  /** The service refused the request or could not carry it out. */
  refused: 2,
  /** The credentials were not accepted, or a policy denies. */
  denied: 3,
  /** No server, no trusted server, or no answer. */
  unreachable: 4,
} as const;

/** Thrown by commands whose answer is an exit code; everything is already printed. */
export class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof ParapetError)) return EXIT.usage;
  if (thrown.code === 'UnreadableAnswer') return EXIT.unreachable;
  if (thrown.status === 0) return thrown.code === 'Validation' ? EXIT.usage : EXIT.unreachable;
  return thrown.status === 401 || thrown.status === 403 ? EXIT.denied : EXIT.refused;
}
