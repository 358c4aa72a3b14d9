/** The form of an operation of the agent. */
import type { Custody } from '../custody/custody.ts';
import type { HsmPublicKey, HsmStatus } from '../port.ts';

export interface AgentState {
  /** Throws `unavailable` while the token is away. */
  ready(): { custody: Custody; publicKey: (label: string) => HsmPublicKey };
  status(): HsmStatus;
}

/**
 * quick: at once, one after the other. slow: a millisecond or more of computing, a few at a time, so that they never
 * hold up quick ones. patient: waits for something that bounds itself.
 */
export type Lane = 'quick' | 'slow' | 'patient';

export interface Operation {
  /** Number of fields, or for batches the number before the rows. */
  fields: number;
  /** Fields of one row. */
  rows?: number;
  /** Default quick; asked only when the number of fields is right. */
  lane?: (fields: Buffer[]) => Lane;
  run: (fields: Buffer[], state: AgentState) => Buffer[] | Promise<Buffer[]>;
}

export const verdict = (ok: boolean) => Buffer.alloc(1, ok ? 1 : 0);
export const flagOf = (field: Buffer) => field[0] === 1;
export const text = (field: Buffer) => field.toString('latin1');
