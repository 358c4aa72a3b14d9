/** What other nodes' caches live on: principals, the feed of changes, and the ids behind ARNs. */

import { parseArn } from '../../../../platform/contract/arn.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import {
  GetAuthorizationChanges,
  GetPrincipalSnapshot,
  NoteAccessKeyUse,
  ResolvePrincipals,
} from '../../api/internal.ts';
import type { IamDeps } from '../../deps.ts';
import { parseUserArn } from '../../domain/names.ts';
import { readPrincipal, resolveArns } from '../../store/snapshot.ts';
import { implement } from '../implement.ts';

export const getPrincipalSnapshot = implement(GetPrincipalSnapshot, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const Principal = await deps.store.snapshot((view) =>
      readPrincipal(view, input.PrincipalId, deps.settings.partition, deps.shipped),
    );
    return Principal ? { Principal } : {};
  },
});

const MAX_CHANGES = 1_000;
/** How long another node's commit may stay unseen: it is not announced in this process. */
const LOOK_MS = 150;

export const getAuthorizationChanges = implement(GetAuthorizationChanges, {
  resolve: noResource,
  async run(_call, { Since, WaitMilliseconds }, _state, deps) {
    const until = performance.now() + WaitMilliseconds;
    for (;;) {
      const announced = deps.hub.announcement();
      const Version = await deps.store.currentVersion();
      const left = until - performance.now();
      if (Version !== Since || left <= 0) {
        announced.cancel();
        return { Version, Accounts: Version === Since ? [] : await changedAccounts(deps, Since, Version) };
      }
      await announced.within(Math.min(left, LOOK_MS));
    }
  },
});

/** `*` for whoever starts from nothing, is ahead of us (restored database), or too far behind. */
async function changedAccounts(deps: IamDeps, since: number, version: number): Promise<string[]> {
  if (since === 0 || since > version || version - since > MAX_CHANGES) return ['*'];
  const changes = await deps.store.changesSince(since, MAX_CHANGES);
  if (changes[0]?.v !== since + 1) return ['*'];
  // More than asked for may be there by now; only what `version` covers is promised.
  const accounts = changes.filter((change) => change.v <= version).map((change) => change.accountId ?? '*');
  return accounts.includes('*') ? ['*'] : [...new Set(accounts)];
}

export const resolvePrincipals = implement(ResolvePrincipals, {
  resolve: noResource,
  async run(_call, { Arns }, _state, deps) {
    const { partition } = deps.settings;
    // The names stand in policies that users wrote: what is no ARN of ours resolves to nobody.
    const wanted = Arns.filter((arn) => /^[!-~]+$/.test(arn)).flatMap((arn) => {
      if (/^\d{12}$/.test(arn)) return [{ arn, accountId: arn }];
      const parsed = parseArn(arn);
      if (parsed === undefined || parsed.partition !== partition || parsed.service !== 'iam') return [];
      if (parsed.region !== '' || !/^\d{12}$/.test(parsed.accountId)) return [];
      if (parsed.resource === 'root') return [{ arn, accountId: parsed.accountId }];
      const user = parseUserArn(arn, { partition, accountId: parsed.accountId });
      return user ? [{ arn, accountId: parsed.accountId, ...user }] : [];
    });
    return { Principals: await resolveArns(deps.store.read, wanted) };
  },
});

export const noteAccessKeyUse = implement(NoteAccessKeyUse, {
  resolve: noResource,
  run(_call, input, _state, deps) {
    for (const use of input.Uses) {
      deps.keyUses.note({ accessKeyId: use.AccessKeyId, at: use.At, service: use.Service, region: use.Region });
    }
    return undefined;
  },
});
