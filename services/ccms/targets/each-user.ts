/** Work on several users of a target, of whom one must not stop the others. */
import type { TargetFailureCode } from '../domain/rotation/failures.ts';
import { TargetFailure } from './failure.ts';
import type { DynamicTarget } from './port.ts';

/** What is of the target, not of one user: going on would only wait again. */
const OF_THE_TARGET: ReadonlySet<TargetFailureCode> = new Set<TargetFailureCode>([
  'unreachable',
  'timeout',
  'read-only',
  'admin-refused',
]);

export class UserFailures extends Map<string, TargetFailure> {
  private readonly translate: (error: unknown) => unknown;

  /** @param translate from what a driver throws */
  constructor(translate: (error: unknown) => unknown) {
    super();
    this.translate = translate;
  }

  /** Those of the users, without the ones that failed before, for whom the work was done and did not answer false. */
  async each(usernames: Iterable<string>, work: (username: string) => Promise<unknown>): Promise<string[]> {
    const done: string[] = [];
    for (const username of usernames) {
      if (this.has(username)) continue;
      try {
        if ((await work(username)) !== false) done.push(username);
      } catch (error) {
        const failure = this.translate(error);
        if (!(failure instanceof TargetFailure) || OF_THE_TARGET.has(failure.code)) throw error;
        this.set(username, failure);
      }
    }
    return done;
  }
}

export async function revokeOne(target: DynamicTarget, username: string): Promise<void> {
  const failure = (await target.revoke([username])).get(username);
  if (failure) throw failure;
}
