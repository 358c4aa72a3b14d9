/** A real server with a target on it, as the suites need it. Consumers use drivers of their own, not the adapters. */
import { randomBytes } from 'node:crypto';
import type { Credential, RotationTarget } from '../port.ts';

export interface ConsumerSession {
  /** Does a piece of work; rejects when the session has ended. */
  work(): Promise<void>;
  close(): void;
}

export interface Subject {
  readonly serverPort: number;
  /** The target, reached by this port of 127.0.0.1 (the server's own, or that of a wire). */
  target(port?: number): RotationTarget;
  /** Rejects when the server does not let the consumer in. */
  connect(credential: Credential): Promise<ConsumerSession>;
  /** Sessions the server has for the user. */
  sessions(username: string): Promise<number>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function newCredential(username: string): Credential {
  return { username, password: Buffer.from(randomBytes(18).toString('base64url')) };
}

export async function logsIn(subject: Subject, credential: Credential): Promise<boolean> {
  try {
    const session = await subject.connect(credential);
    await session.work();
    session.close();
    return true;
  } catch {
    return false;
  }
}
