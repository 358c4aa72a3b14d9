import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { type AuthorizationTarget, type Call, implementFor, type Resolved } from '../../../platform/runtime/call.ts';
import type { Change } from '../../../platform/store/index.ts';
import { type ChangeReason, DEFAULT_WAIT_SECONDS, WatchSecrets } from '../api/watch.ts';
import type { CcmsDeps } from '../deps.ts';
import { stagesShown } from './description.ts';
import { askAboutSecret, missingSecret } from './secret-access.ts';

const implement = implementFor<CcmsDeps>();
type WatchCall = Call<typeof WatchSecrets>;

/** Changes looked at for one answer. */
const BATCH = 1_000;
const describing = { action: 'secretsmanager:DescribeSecret' };

export const watchSecrets = implement(WatchSecrets, {
  async resolve(call, input, deps): Promise<Resolved<ReadonlySet<string> | undefined>> {
    const targets: AuthorizationTarget[] = [{ resource: '*' }];
    if (!input.SecretIds) return { targets, state: undefined };
    const arns = new Set<string>();
    let isMissing = false;
    for (const id of input.SecretIds) {
      const { target, record } = await askAboutSecret(call, deps, id, describing);
      targets.push(target);
      if (record) arns.add(record.arn);
      else isMissing = true;
    }
    return { targets, state: arns, ...(isMissing && { absent: missingSecret(call) }) };
  },

  async run(call, { Cursor, WaitSeconds = DEFAULT_WAIT_SECONDS }, arns, deps) {
    const scope = { accountId: call.caller.accountId, operation: call.operation.name, filters: null };
    const answer = (Changes: SecretChange[], at: number) => ({ Changes, Cursor: deps.pages.seal(scope, at) });
    const newest = await deps.store.currentVersion();
    if (Cursor === undefined) return answer([], newest);
    const from = deps.pages.open<number>(scope, Cursor);
    if (from === undefined)
      throw call.fail('InvalidNextToken', 'the cursor was not made for this account', { hint: 'start without one' });
    // A database that was restored is behind those who saw it before.
    if (from > newest) throw expired(call);
    if (deps.feed.isFull) throw call.fail('TooManyRequests', 'too many requests wait for changes already');
    const over = AbortSignal.timeout(Math.max(WaitSeconds * 1000, 1));
    for (let at = from; ; ) {
      const batch = await deps.store.changesSince(at, BATCH);
      const [first] = batch;
      if (first && first.v !== at + 1) throw expired(call);
      at = batch.at(-1)?.v ?? at;
      const changes = await visible(call, deps, batch, arns);
      if (changes.length > 0 || over.aborted || WaitSeconds === 0) return answer(changes, at);
      if (batch.length < BATCH) await deps.feed.newer(at, over);
    }
  },
});

function expired(call: WatchCall) {
  return call.fail('CursorExpired', 'the cursor is older than the changes that are kept', {
    hint: 'describe the secrets anew, and start without a cursor',
  });
}

interface SecretChange {
  SecretARN: string;
  Reasons: ChangeReason[];
  ChangedDate: number;
  VersionIdsToStages?: Record<string, string[]>;
}

/** By secret, as far as the caller may describe it now. */
async function visible(
  call: WatchCall,
  deps: CcmsDeps,
  batch: readonly Change[],
  arns: ReadonlySet<string> | undefined,
): Promise<SecretChange[]> {
  const changed = new Map<string, SecretChange>();
  for (const { kind, objectId: SecretARN, accountId, at } of batch) {
    if (arns ? !arns.has(SecretARN) : accountId !== call.caller.accountId) continue;
    const known = changed.get(SecretARN)?.Reasons ?? [];
    const Reasons = [...new Set([...known, kind as ChangeReason])];
    changed.set(SecretARN, { SecretARN, Reasons, ChangedDate: at });
  }
  const seen: SecretChange[] = [];
  for (const change of changed.values()) {
    const { target, record } = await askAboutSecret(call, deps, change.SecretARN, describing);
    if (!(await policiesLetIn(call, deps, target))) continue;
    const stages = record && stagesShown(record.stages);
    seen.push({ ...change, ...(stages && { VersionIdsToStages: stages }) });
  }
  return seen;
}
