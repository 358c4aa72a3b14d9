import { setTimeout as sleep } from 'node:timers/promises';
import { noResource } from '../../../platform/runtime/call.ts';
import { GetDecision } from '../api/index.ts';
import { type AuditDeps, implement } from '../deps.ts';
import { decisionView } from '../domain/decision.ts';
import { findRecord } from '../store/search.ts';

/** Records of this age are certainly here, so only a younger id is worth waiting for. */
const MAY_ARRIVE_MS = 5_000;
/** Together one second. */
const WAITS_MS = [10, 20, 40, 80, 150, 200, 250, 250] as const;

export const getDecision = implement(GetDecision, {
  resolve: noResource,

  async run(call, { DecisionId }, _state, deps) {
    const record = await findOrAwait(deps, call.caller.accountId, DecisionId);
    const view = record === undefined ? undefined : decisionView(record);
    if (!view) {
      throw call.fail('NotFound', `decision ${DecisionId} does not exist`, {
        hint: 'decisions are kept in the account of the caller they were made for',
      });
    }
    return view;
  },
});

async function findOrAwait(deps: AuditDeps, accountId: string, id: string): Promise<string | undefined> {
  const { store, clock } = deps;
  let record = await findRecord(store.read, accountId, id);
  for (const wait of WAITS_MS) {
    if (record !== undefined || Math.abs(clock.now() - madeAt(id)) > MAY_ARRIVE_MS) return record;
    await sleep(wait);
    record = await findRecord(store.read, accountId, id);
  }
  return record;
}

/** Milliseconds, from the first 48 bits of a UUIDv7 (RFC 9562 5.7). */
function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
