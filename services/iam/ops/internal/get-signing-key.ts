import { noResource } from '../../../../platform/runtime/call.ts';
import { GetSigningKey } from '../../api/internal.ts';
import type { IamDeps } from '../../deps.ts';
import { deriveSigningKey, isSessionKeyId, secretBinding } from '../../domain/access-key-format.ts';
import { assumedRoleArn, federatedUserArn, isAccountId, rootArn, userArn } from '../../domain/names.ts';
import { accessKeyById } from '../../store/access-keys.ts';
import { accountById } from '../../store/accounts.ts';
import type { SessionRow } from '../../store/db.ts';
import { roleById } from '../../store/roles.ts';
import { liveSession } from '../../store/sessions.ts';
import { userById } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { openSession, sessionSecret } from '../sts/sessions.ts';
import { tenantKey } from '../tenant-key.ts';

/** One answer for every key that cannot be used, so that asking does not tell ids apart. */
export const getSigningKey = implement(GetSigningKey, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const { AccessKeyId, SessionToken } = input;
    const unknown = () => call.fail('UnknownAccessKey', 'access key is unknown or inactive');
    if (isSessionKeyId(AccessKeyId) !== (SessionToken !== undefined)) throw unknown();
    const found =
      SessionToken === undefined
        ? await longTermKey(deps, AccessKeyId)
        : await sessionKey(deps, AccessKeyId, SessionToken, call.now);
    if (found === 'expired') throw call.fail('ExpiredToken', 'the session of the access key has ended');
    if (!found) throw unknown();
    try {
      const scope = { date: input.Date, region: input.Region, service: input.Service };
      return { SigningKey: deriveSigningKey(found.secret, scope), ...found.holder };
    } finally {
      found.secret.fill(0);
    }
  },
});

async function longTermKey(deps: IamDeps, accessKeyId: string) {
  const key = await accessKeyById(deps.store.read, accessKeyId);
  if (key?.status !== 'Active') return undefined;
  const holder = await longTermHolder(deps, key.owner_id);
  if (holder?.AccountId !== key.account_id) return undefined;
  const binding = secretBinding(key.account_id, accessKeyId, key.owner_id);
  const secret = await deps.hsm.openSecret(await tenantKey(deps, key.account_id), binding, key.sealed);
  return { secret, holder: { ...holder, Accounts: [key.account_id] } };
}

/** The user or root user of that id, who exists as long as its keys and sessions do. */
async function longTermHolder(deps: IamDeps, ownerId: string) {
  const { partition } = deps.settings;
  if (isAccountId(ownerId)) {
    const account = await accountById(deps.store.read, ownerId);
    if (!account) return undefined;
    const Arn = rootArn({ partition, accountId: ownerId });
    return { AccountId: ownerId, PrincipalId: ownerId, Arn, Kind: 'root' as const };
  }
  const user = await userById(deps.store.read, ownerId);
  if (!user) return undefined;
  return {
    AccountId: user.account_id,
    PrincipalId: user.user_id,
    Arn: userArn({ partition, accountId: user.account_id }, user.path, user.name),
    Kind: 'user' as const,
    UserName: user.name,
  };
}

async function sessionKey(deps: IamDeps, accessKeyId: string, token: string, now: number) {
  const claims = await openSession(deps, accessKeyId, token, now);
  if (claims === 'expired') return claims;
  if (claims === 'invalid') return undefined;
  const row = await liveSession(deps.store.read, accessKeyId);
  if (row?.account_id !== claims.accountId) return undefined;
  const holder = await sessionHolder(deps, row);
  if (holder?.AccountId !== row.account_id) return undefined;
  const secret = await sessionSecret(deps, accessKeyId);
  const Session = {
    Id: row.session_id,
    IssuedAt: row.issued_at,
    ExpiresAt: row.expires_at,
    ...(row.mfa_at !== null && { MfaAt: row.mfa_at }),
  };
  return { secret, holder: { ...holder, Session, Accounts: [...new Set([row.account_id, row.origin_account_id])] } };
}

async function sessionHolder(deps: IamDeps, row: SessionRow) {
  const scope = { partition: deps.settings.partition, accountId: row.account_id };
  const name = row.name ?? '';
  switch (row.kind) {
    case 'root':
    case 'user':
      return longTermHolder(deps, row.entity_id);
    case 'role': {
      const role = await roleById(deps.store.read, row.entity_id);
      if (!role) return undefined;
      return {
        AccountId: role.account_id,
        PrincipalId: `${role.role_id}:${name}`,
        EntityId: role.role_id,
        Arn: assumedRoleArn(scope, role.name, name),
        Kind: 'role' as const,
      };
    }
    case 'federated': {
      const user = await userById(deps.store.read, row.entity_id);
      if (!user) return undefined;
      return {
        AccountId: user.account_id,
        PrincipalId: `${row.account_id}:${name}`,
        EntityId: user.user_id,
        Arn: federatedUserArn(scope, name),
        Kind: 'federated' as const,
      };
    }
  }
}
