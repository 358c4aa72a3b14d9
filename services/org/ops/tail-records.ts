/** Records of members as they come, for those who may read them all. */
import type { OutputOf } from '../../../platform/contract/operation.ts';
import { noResource } from '../../../platform/runtime/call.ts';
import { DEFAULT_WAIT_SECONDS, type FollowLog } from '../../audit/api/tail.ts';
import { TailOrganizationEvents } from '../api/records.ts';
import { outOfReach, viewerOf } from './detective/reach.ts';
import { implement } from './implement.ts';
import { mayRead } from './records.ts';

type Placed = OutputOf<typeof FollowLog>['Events'][number];

const DEFAULT_LIMIT = 50;
/** Records of others are passed in steps. */
const STEP = 200;

export const tailOrganizationEvents = implement(TailOrganizationEvents, {
  async resolve(call, _input, deps) {
    return { ...noResource(), state: (await viewerOf(call, deps)).places };
  },

  async run(call, input, places, deps) {
    const { FromPosition, AccountId, Limit = DEFAULT_LIMIT, WaitSeconds = DEFAULT_WAIT_SECONDS } = input;
    const { accountId } = call.caller;
    if (AccountId !== undefined && !mayRead(places, accountId, AccountId))
      throw outOfReach(call, `account ${AccountId}`);
    if (FromPosition === undefined) {
      const { Next } = await deps.clients.audit.FollowLog({ Limit: 1, WaitMilliseconds: 0 });
      return { Events: [], NextPosition: Next };
    }
    const until = performance.now() + WaitSeconds * 1000;
    const found: Placed[] = [];
    for (let next = FromPosition; ; ) {
      const WaitMilliseconds = Math.max(0, Math.ceil(until - performance.now()));
      const page = await deps.clients.audit.FollowLog({ From: next, Limit: STEP, WaitMilliseconds });
      // As it is now: who lost the view while waiting sees nothing more. The installation may have other accounts.
      const { places: present } = await viewerOf(call, deps);
      const seen = page.Events.filter(
        (event: Placed) =>
          mayRead(present, accountId, event.AccountId) && (AccountId === undefined || event.AccountId === AccountId),
      );
      const taken = seen.slice(0, Limit - found.length);
      found.push(...taken);
      next = taken.length < seen.length ? (taken.at(-1)?.Position ?? next - 1) + 1 : page.Next;
      const isNews = found.length === Limit || found.some(({ Event }) => !isOfTail(Event));
      if (isNews || performance.now() >= until) return { Events: found, NextPosition: next };
    }
  },
});

/** Who follows the stream would wake itself for ever. */
function isOfTail(event: unknown): boolean {
  return (event as { eventName?: unknown } | null)?.eventName === TailOrganizationEvents.name;
}
