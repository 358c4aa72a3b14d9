import { change, implementFor } from '../../../../platform/runtime/call.ts';
import { wrappedKey } from '../../../../platform/store/tenant-keys.ts';
import {
  CreateAcmeExternalAccountKey,
  ListAcmeExternalAccountKeys,
  RevokeAcmeExternalAccountKey,
} from '../../api/acme/accounts.ts';
import type { PcaDeps } from '../../deps.ts';
import { type BindingKeyRow, bindingKeyRowBytes, bindingSecretAad } from '../../domain/acme/rows.ts';
import { MAX_OPEN_ACME_KEYS_PER_DIRECTORY } from '../../domain/limits.ts';
import { DAY_MS } from '../../domain/validity.ts';
import {
  countOpenBindingKeys,
  guardedBindingKey,
  insertBindingKey,
  listBindingKeys,
  readBindingKey,
  replaceBindingKey,
} from '../../store/acme/directory-queries.ts';
import { conflict } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { boundPrincipal, resolveDirectory } from './directory-access.ts';

const implement = implementFor<PcaDeps>();
const DEFAULT_DAYS = 7;
const SECRET_BYTES = 32;

/** Not with a dash in front, as text: certbot and lego would take it for an option. */
async function newSecret({ hsm }: PcaDeps): Promise<Buffer> {
  for (;;) {
    const secret = await hsm.random(SECRET_BYTES);
    // The first six bits are the first character of base64url; 62 is the dash.
    if (secret[0]! >> 2 !== 62) return secret;
    secret.fill(0);
  }
}

export const createAcmeExternalAccountKey = implement(CreateAcmeExternalAccountKey, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, { row: directory }, deps) {
    const { directory_id, account_id } = directory;
    const key_id = deps.ids.uuidv7();
    const principal = await boundPrincipal(call, deps, account_id, input.PrincipalArn);
    const secret = await newSecret(deps);
    try {
      const tenant = wrappedKey(await deps.tenants.obtain(account_id));
      const aad = bindingSecretAad({ accountId: account_id, directoryId: directory_id, keyId: key_id });
      const row = await sealedBindingKey(deps, {
        ...{ key_id, directory_id, account_id },
        state: 'open',
        sealed: await deps.hsm.sealSecret(tenant, aad, secret),
        expires_at: call.now + (input.ExpiresInDays ?? DEFAULT_DAYS) * DAY_MS,
        created_at: call.now,
        used_by: null,
        ...principal,
        version: 1,
      });
      const MacKey = secret.toString('base64url');
      return change(async (tx) => {
        if ((await countOpenBindingKeys(tx, directory_id, call.now)) >= MAX_OPEN_ACME_KEYS_PER_DIRECTORY)
          throw call.fail('LimitExceeded', `directory has ${MAX_OPEN_ACME_KEYS_PER_DIRECTORY} keys that were not used`);
        await insertBindingKey(tx, row);
        return { Key: showKey(row, call.now), MacKey };
      });
    } finally {
      secret.fill(0);
    }
  },
});

export const listAcmeExternalAccountKeys = implement(ListAcmeExternalAccountKeys, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, { row }, deps) {
    const page = openPage(call, deps, input, row.directory_id);
    const found = await listBindingKeys(deps.store.read, row.directory_id, page);
    await deps.guard.verify(found.map(guardedBindingKey));
    const { rows, ...end } = page.end(found, ({ key_id }) => key_id);
    return { Keys: rows.map((key) => showKey(key, call.now)), ...end };
  },
});

export const revokeAcmeExternalAccountKey = implement(RevokeAcmeExternalAccountKey, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, { row: directory, authority }, deps) {
    const key = await bindingKey(deps, directory.directory_id, input.ExternalAccountKeyId);
    if (!key) throw call.fail('NotFound', `key ${input.ExternalAccountKeyId} does not exist in the ACME directory`);
    if (key.state !== 'open') throw call.fail('InvalidState', `key ${input.ExternalAccountKeyId} is ${key.state}`);
    const revoked = await changedBindingKey(deps, key, { state: 'revoked' });
    return change(async (tx) => {
      if (!(await replaceBindingKey(tx, revoked))) throw conflict(call, authority);
      return undefined;
    });
  },
});

/** Undefined also for one of another directory. */
export async function bindingKey(
  deps: PcaDeps,
  directoryId: string,
  keyId: string,
): Promise<BindingKeyRow | undefined> {
  const row = await readBindingKey(deps.store.read, keyId);
  if (!row) return undefined;
  await deps.guard.verify([guardedBindingKey(row)]);
  if (row.key_id !== keyId) throw deps.guard.refuse(`ACME binding key ${keyId}`, 'the row is about another key');
  return row.directory_id === directoryId ? row : undefined;
}

export function changedBindingKey(
  deps: PcaDeps,
  { row_mac, ...row }: BindingKeyRow,
  edit: Pick<BindingKeyRow, 'state'> & Partial<Pick<BindingKeyRow, 'used_by'>>,
): Promise<BindingKeyRow> {
  return sealedBindingKey(deps, { ...row, ...edit, version: row.version + 1 });
}

/** The MAC key; whoever gets it zeroes it. */
export async function openBindingSecret(deps: PcaDeps, row: BindingKeyRow): Promise<Buffer> {
  const tenant = wrappedKey(await deps.tenants.obtain(row.account_id));
  const { account_id: accountId, directory_id: directoryId, key_id: keyId } = row;
  return deps.hsm.openSecret(tenant, bindingSecretAad({ accountId, directoryId, keyId }), row.sealed);
}

async function sealedBindingKey(deps: PcaDeps, row: Omit<BindingKeyRow, 'row_mac'>): Promise<BindingKeyRow> {
  const [row_mac] = await deps.guard.seal([bindingKeyRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

function showKey(row: BindingKeyRow, now: number) {
  return {
    ExternalAccountKeyId: row.key_id,
    PrincipalArn: row.principal_arn,
    State: row.state === 'open' && row.expires_at <= now ? ('expired' as const) : row.state,
    ExpiresAt: row.expires_at,
    CreatedAt: row.created_at,
    ...(row.used_by !== null && { AcmeAccountId: row.used_by }),
  };
}
