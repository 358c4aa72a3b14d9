/** What other nodes' caches live on: principals, the feed of changes, and the ids behind ARNs. */

import { noResource } from '../../../../platform/runtime/call.ts';
import {
  GetAuthorizationChanges,
  GetPrincipalSnapshot,
  GetSessionSnapshot,
  NoteUses,
  ResolvePrincipals,
} from '../../api/internal.ts';
import type { IamDeps } from '../../deps.ts';
import { parsePrincipalName } from '../../domain/principal-names.ts';
import { readSession } from '../../store/session-snapshot.ts';
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

export const getSessionSnapshot = implement(GetSessionSnapshot, {
  resolve: noResource,
  async run(_call, input, _state, deps) {
    const Session = await deps.store.snapshot((view) =>
      readSession(view, input.SessionId, deps.settings.partition, deps.shipped),
    );
    return Session ? { Session } : {};
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
    const wanted = Arns.flatMap((arn) => parsePrincipalName(arn, deps.settings.partition) ?? []);
    return { Principals: await resolveArns(deps.store.read, wanted) };
  },
});

export const noteUses = implement(NoteUses, {
  resolve: noResource,
  run(_call, input, _state, deps) {
    const use = ({ At, Service, Region }: { At: number; Service: string; Region: string }) => ({
      at: At,
      service: Service,
      region: Region,
    });
    for (const { AccessKeyId, ...of } of input.AccessKeys) deps.keyUses.note({ id: AccessKeyId, ...use(of) });
    for (const { RoleId, ...of } of input.Roles) deps.roleUses.note({ id: RoleId, ...use(of) });
    return undefined;
  },
});
