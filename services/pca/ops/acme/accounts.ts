/** Accounts (RFC 8555 7.3): opened by a key of ours that binds them to a principal, changed and closed by their own. */
import { z } from 'zod';
import { AcmeRecords } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { AcmeAccountRow, BindingKeyRow, PrincipalColumns } from '../../domain/acme/rows.ts';
import { MAX_ACME_ACCOUNTS_PER_HOUR } from '../../domain/limits.ts';
import { countAccountsSince, insertAccount, replaceAccount } from '../../store/acme/account-queries.ts';
import { replaceBindingKey } from '../../store/acme/directory-queries.ts';
import { accountByKey, callerOf, changedAccount, contactsOf, sealedAccount } from './account-rows.ts';
import { bindingKey, changedBindingKey, openBindingSecret } from './binding-keys.ts';
import { accountKey, type Jws, payloadOf, readBinding, readJws, requireSignature } from './jws.ts';
import { recordIn } from './record.ts';
import type { Reply } from './reply.ts';
import type { FromAccount, FromKey, Visit } from './request.ts';

export const HOUR_MS = 3_600_000;
const MAX_CONTACTS = 10;

const Contacts = z.array(z.string().max(320)).max(MAX_CONTACTS);
const NewAccount = z.object({
  contact: Contacts.optional(),
  termsOfServiceAgreed: z.boolean().optional(),
  onlyReturnExisting: z.boolean().optional(),
  externalAccountBinding: z.unknown().optional(),
});

export async function newAccount(deps: PcaDeps, request: FromKey): Promise<Reply> {
  const { directory, key, jws, call } = request;
  const wanted = payloadOf(jws, NewAccount);
  const { directory_id } = directory.row;
  const existing = await accountByKey(deps, directory_id, key.thumbprint);
  if (existing) return found(request, existing);
  if (wanted.onlyReturnExisting === true)
    throw new AcmeProblem('accountDoesNotExist', 'the directory has no account with this key');
  const contacts = checkedContacts(wanted.contact ?? []);
  const bound = await principalFor(deps, request, wanted.externalAccountBinding);
  const acme_account_id = deps.ids.uuidv7();
  const { principal_id, principal_arn, principal_kind } = bound.principal;
  const account = await sealedAccount(deps, {
    ...{ acme_account_id, directory_id, account_id: directory.row.account_id },
    state: 'valid',
    jwk: JSON.stringify(key.jwk),
    thumbprint: key.thumbprint,
    contacts: JSON.stringify(contacts),
    binding_key_id: bound.key?.key_id ?? null,
    ...{ principal_id, principal_arn, principal_kind },
    created_at: call.now,
    version: 1,
  });
  const used = bound.key && (await changedBindingKey(deps, bound.key, { state: 'used', used_by: acme_account_id }));
  await requirePrincipal(deps, account);
  const inserted = await deps.store.transaction(async (tx) => {
    if ((await countAccountsSince(tx, directory_id, call.now - HOUR_MS)) >= MAX_ACME_ACCOUNTS_PER_HOUR)
      throw new AcmeProblem('rateLimited', 'the directory has many new accounts', { retryAfterSeconds: 3600 });
    // Single use: who comes second finds another version.
    if (used && !(await replaceBindingKey(tx, used))) throw notToBeUsed();
    if (!(await insertAccount(tx, account)))
      throw new AcmeProblem('serverInternal', 'the account is being opened', RETRY);
    await recordIn(deps, tx, { directory, account, origin: call.origin }, AcmeRecords.accountCreated, {
      KeyThumbprint: key.thumbprint,
      ...(used && { KeyId: used.key_id }),
    });
    return account;
  });
  return { status: 201, headers: { location: urlOf(request, inserted) }, body: shown(request, inserted) };
}

const RETRY = { status: 503, retryAfterSeconds: 1 };

function found(request: FromKey, account: AcmeAccountRow): Reply {
  if (account.state !== 'valid') throw new AcmeProblem('unauthorized', `the account is ${account.state}`);
  return { status: 200, headers: { location: urlOf(request, account) }, body: shown(request, account) };
}

const notToBeUsed = () =>
  new AcmeProblem('unauthorized', 'externalAccountBinding does not verify, or its key is not to be used');

/** SECURITY: whom the account will act for. A key that is unknown, used, revoked or over is told like a wrong MAC. */
async function principalFor(
  deps: PcaDeps,
  { directory, key, url, call }: FromKey,
  binding: unknown,
): Promise<{ principal: PrincipalColumns; key?: BindingKeyRow }> {
  if (binding === undefined) {
    if (directory.rules.bindingRequired)
      throw new AcmeProblem('externalAccountRequired', 'the directory takes accounts with an external account binding');
    return { principal: directory.row };
  }
  const read = await readBinding(binding, key, url);
  const row = await bindingKey(deps, directory.row.directory_id, read.keyId);
  if (!row) throw notToBeUsed();
  const secret = await openBindingSecret(deps, row);
  try {
    read.require(secret);
  } finally {
    secret.fill(0);
  }
  if (row.state !== 'open' || row.expires_at <= call.now) throw notToBeUsed();
  return { principal: row, key: row };
}

async function requirePrincipal(deps: PcaDeps, account: AcmeAccountRow): Promise<void> {
  if (await deps.directory.of(callerOf(account))) return;
  throw new AcmeProblem('unauthorized', 'the principal that the account would act for does not exist any more');
}

const Update = z.object({ contact: Contacts.optional(), status: z.literal('deactivated').optional() });

export async function account(deps: PcaDeps, request: FromAccount, id: string): Promise<Reply> {
  const { account: own, jws, directory, call } = request;
  if (id !== own.acme_account_id) throw new AcmeProblem('unauthorized', 'the account is not the one that signed');
  if (jws.payload.length === 0) return { status: 200, body: shown(request, own) };
  const { contact, status } = payloadOf(jws, Update);
  if (contact === undefined && status === undefined) return { status: 200, body: shown(request, own) };
  const changed = await changedAccount(deps, own, {
    ...(contact && { contacts: JSON.stringify(checkedContacts(contact)) }),
    ...(status && { state: status }),
  });
  const record = status ? AcmeRecords.accountClosed : AcmeRecords.accountUpdated;
  await deps.store.transaction(async (tx) => {
    if (!(await replaceAccount(tx, changed)))
      throw new AcmeProblem('serverInternal', 'the account is being changed', RETRY);
    await recordIn(deps, tx, { directory, account: own, origin: call.origin }, record, {});
  });
  return { status: 200, body: shown(request, changed) };
}

const KeyChange = z.object({ account: z.string(), oldKey: z.unknown() });

/** The new key signs inside, the old one outside (RFC 8555 7.3.5). */
export async function keyChange(deps: PcaDeps, request: FromAccount): Promise<Reply> {
  const { jws, url, directory, account: own, call } = request;
  const inner: Jws = await readJws(jws.payload, url);
  if (!('jwk' in inner.key) || inner.nonce !== undefined)
    throw new AcmeProblem('malformed', 'the inner message has to bring the new key in jwk, and no nonce');
  const next = inner.key.jwk;
  await requireSignature(inner, next.jwk);
  const asked = payloadOf(inner, KeyChange);
  if (asked.account !== urlOf(request, own))
    throw new AcmeProblem('malformed', 'the inner message is about another account');
  if ((await accountKey(asked.oldKey)).thumbprint !== own.thumbprint)
    throw new AcmeProblem('malformed', 'oldKey is not the key of the account');
  const other = await accountByKey(deps, own.directory_id, next.thumbprint);
  if (other) throw taken(urlOf(request, other));
  const changed = await changedAccount(deps, own, { jwk: JSON.stringify(next.jwk), thumbprint: next.thumbprint });
  await deps.store.transaction(async (tx) => {
    if (!(await replaceAccount(tx, changed)))
      throw new AcmeProblem('serverInternal', 'the account is being changed', RETRY);
    await recordIn(deps, tx, { directory, account: own, origin: call.origin }, AcmeRecords.keyChanged, {
      KeyThumbprint: next.thumbprint,
    });
  });
  return { status: 200, body: shown(request, changed) };
}

function taken(location: string): AcmeProblem {
  return new AcmeProblem('malformed', 'another account has the new key', { status: 409, location });
}

function urlOf({ at }: Visit, { acme_account_id }: AcmeAccountRow): string {
  return at('account', acme_account_id);
}

function shown(request: Visit, row: AcmeAccountRow) {
  return { status: row.state, contact: contactsOf(row), orders: request.at('account', row.acme_account_id, 'orders') };
}

/** Addresses for mail, one each, without headers (RFC 8555 7.3). */
function checkedContacts(contacts: readonly string[]): string[] {
  for (const contact of contacts) {
    if (!contact.startsWith('mailto:')) throw new AcmeProblem('unsupportedContact', 'contacts are mailto: addresses');
    if (!/^mailto:[^\s@,?\p{Control}]+@[^\s@,?\p{Control}]+$/u.test(contact))
      throw new AcmeProblem('invalidContact', 'a contact is not one mail address');
  }
  return [...contacts];
}
