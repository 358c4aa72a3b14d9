/** The account's own key inside the HSM, under which its secrets are sealed. */
import { HsmError, type WrappedKey } from '../../../hsm/port.ts';
import type { IamDeps } from '../deps.ts';
import { SECRET_LENGTH, secretBinding, secretFromRandom, tenantBinding } from '../domain/access-key-format.ts';
import { tenantKeyOf } from '../store/tenant-keys.ts';

type Needs = Pick<IamDeps, 'hsm' | 'store' | 'ids'>;

/** Throws `HsmError` integrity when the account has no key, or has the key of another account. */
export async function tenantKey(deps: Needs, accountId: string): Promise<WrappedKey> {
  const key = await tenantKeyOf(deps.store.read, accountId);
  if (!key?.binding.equals(tenantBinding(accountId)))
    throw new HsmError('integrity', `tenant key of account ${accountId} is missing or belongs to another account`);
  return key;
}

export interface NewAccessKey {
  accessKeyId: string;
  /** 40 ASCII bytes; whoever asked for them zeroises them. */
  secret: Buffer;
  sealed: Buffer;
}

/** Makes a long-term key, sealed for one principal. No row is written. */
export async function makeAccessKey(
  deps: Needs,
  tenant: WrappedKey,
  accountId: string,
  principalId: string,
): Promise<NewAccessKey> {
  const accessKeyId = deps.ids.unique('AKIA', 16);
  const secret = secretFromRandom(await deps.hsm.random(SECRET_LENGTH));
  try {
    const sealed = await deps.hsm.sealSecret(tenant, secretBinding(accountId, accessKeyId, principalId), secret);
    return { accessKeyId, secret, sealed };
  } catch (error) {
    secret.fill(0);
    throw error;
  }
}
