/**
 * The first run: management account, user `admin` with AdministratorAccess, one access key.
 *
 * Guarantees: whenever the installation row says `done`, the administrator's key reached its files. A crash anywhere
 * before that is repaired by the next start: the key that may have been lost is replaced by a new one (it was never
 * confirmed, so nobody can rely on it), and the files are written again. One process only may run it at a time.
 */
import type { IamDeps } from './deps.ts';
import { insertPlanned, planAccount } from './ops/accounts/new-account.ts';
import { makeAccessKey, type NewAccessKey, tenantKey } from './ops/tenant-key.ts';
import { deleteAccessKey, insertAccessKey } from './store/access-keys.ts';
import { insertInstallation, installation, lockInstallation, updateInstallation } from './store/installation.ts';
import { userById } from './store/users.ts';

export const ADMINISTRATOR = 'admin';

export interface BootstrapResult {
  accountId: string;
  userName: string;
  accessKeyId: string;
  /** 40 ASCII bytes. Write them, call `confirm`, and do not keep them. */
  secret: Buffer;
  /** After the files are safely on disk: ends the first run and zeroises the secret. */
  confirm(): Promise<void>;
}

/** The administrator's credentials to write down; undefined when the first run is complete. */
export async function bootstrap(deps: IamDeps): Promise<BootstrapResult | undefined> {
  const row = await installation(deps.store.read);
  if (row?.state === 'done') return undefined;
  return row === undefined ? firstKey(deps) : anotherKey(deps, row);
}

async function firstKey(deps: IamDeps): Promise<BootstrapResult> {
  const plan = await planAccount(deps, {
    name: 'management',
    email: null,
    kind: 'management',
    userName: ADMINISTRATOR,
    now: deps.clock.now(),
  });
  await deps.store.transaction(async (tx) => {
    await insertPlanned(tx, deps, plan);
    await insertInstallation(tx, {
      state: 'issued',
      account_id: plan.account.account_id,
      user_id: plan.userId,
      access_key_id: plan.key.accessKeyId,
    });
    await deps.store.bumpVersion(tx, { kind: 'account', objectId: plan.account.account_id, accountId: null });
  });
  return result(deps, plan.account.account_id, plan.userName, plan.key);
}

async function anotherKey(
  deps: IamDeps,
  row: { account_id: string; user_id: string; access_key_id: string },
): Promise<BootstrapResult> {
  const user = await userById(deps.store.read, row.user_id);
  if (!user)
    throw new Error('the administrator of an unfinished first run is gone: delete the data folder and start again');
  const tenant = await tenantKey(deps, row.account_id);
  const key = await makeAccessKey(deps, tenant, row.account_id, row.user_id);
  await deps.store.transaction(async (tx) => {
    const current = await lockInstallation(tx);
    if (current?.state !== 'issued') throw new Error('the first run was completed by another process');
    await deleteAccessKey(tx, row.user_id, current.access_key_id);
    await insertAccessKey(tx, {
      access_key_id: key.accessKeyId,
      account_id: row.account_id,
      owner_id: row.user_id,
      sealed: key.sealed,
      status: 'Active',
      created_at: deps.clock.now(),
    });
    await updateInstallation(tx, { access_key_id: key.accessKeyId });
    await deps.store.bumpVersion(tx, { kind: 'access-key', objectId: key.accessKeyId, accountId: row.account_id });
  });
  deps.hub.publish(row.account_id);
  return result(deps, row.account_id, user.name, key);
}

function result(deps: IamDeps, accountId: string, userName: string, key: NewAccessKey): BootstrapResult {
  return {
    accountId,
    userName,
    accessKeyId: key.accessKeyId,
    secret: key.secret,
    async confirm() {
      await deps.store.transaction(async (tx) => {
        const current = await lockInstallation(tx);
        if (current?.access_key_id !== key.accessKeyId)
          throw new Error('another process replaced the key of the first run');
        await updateInstallation(tx, { state: 'done' });
      });
      key.secret.fill(0);
    },
  };
}
