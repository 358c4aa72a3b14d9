/** The only source of time in the product. Tests pass a fixed or stepped clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/**
 * SECURITY: time that passes and that nobody sets, for how old something is. By the clock of the system a node that lost
 * its peer would believe for an hour more what it knew, when that clock is set back by an hour. It knows no date.
 */
export const steadyClock: Clock = { now: () => performance.now() };
