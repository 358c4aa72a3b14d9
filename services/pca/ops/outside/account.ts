/**
 * Our account at an outside CA. Its key is made in the HSM and signs there: it never is in the clear, here or in the
 * database. The account is opened with the first order.
 */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { KeyRef } from '../../../../hsm/port.ts';
import { serviceCaller } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { wrappedKey } from '../../../../platform/store/tenant-keys.ts';
import { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import * as der from '../../domain/der/reader.ts';
import {
  type OutsideAuthorityRow,
  outsideBindingAad,
  outsideKeyBinding,
  type Registration,
} from '../../domain/outside/rows.ts';
import { replaceOutsideAuthority } from '../../store/outside/authority-queries.ts';
import { type OutsideAuthority, outsideAuthorityById, sealedOutsideAuthority } from './authority-access.ts';
import { AcmeClient } from './client/client.ts';
import type { AccountSigner } from './client/messages.ts';
import { recordOutside } from './record.ts';

const MOST_TRIES = 5;
const COORDINATE_BYTES = 32;

/** Columns of a new key. */
export async function newAccountKey(deps: PcaDeps, accountId: string, outsideAuthorityId: string) {
  const tenant = await deps.tenants.obtain(accountId);
  const { tenant_id } = tenant;
  const binding = outsideKeyBinding({ accountId, tenantId: tenant_id, outsideAuthorityId });
  const material = await deps.hsm.createKeyPair(wrappedKey(tenant), binding, 'ECC_NIST_P256', 'sign');
  const public_key = await deps.hsm.publicKeyOf({ tenant: wrappedKey(tenant), material }, 'sign');
  const { wrapped, mac: key_mac, rootVersion: root_version } = material;
  const thumbprint = await calculateJwkThumbprint(jwkOf(public_key));
  return { tenant_id, wrapped, binding, key_mac, root_version, public_key, thumbprint };
}

function jwkOf(spki: Buffer): AccountSigner['jwk'] {
  const { crv, kty, x, y } = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
    format: 'jwk',
  }) as JsonWebKey;
  return { crv, kty, x, y } as AccountSigner['jwk'];
}

export function sealBindingSecret(deps: PcaDeps, of: BindingOf, secret: Buffer): Promise<Buffer> {
  return withTenant(deps, of.accountId, (tenant) => deps.hsm.sealSecret(tenant, outsideBindingAad(of), secret));
}

type BindingOf = Parameters<typeof outsideBindingAad>[0];

async function withTenant<T>(
  deps: PcaDeps,
  accountId: string,
  work: (tenant: KeyRef['tenant']) => Promise<T>,
): Promise<T> {
  return work(wrappedKey(await deps.tenants.obtain(accountId)));
}

async function signerOf(deps: PcaDeps, row: OutsideAuthorityRow): Promise<AccountSigner> {
  const tenant = await deps.tenants.obtain(row.account_id);
  if (tenant.tenant_id !== row.tenant_id)
    throw deps.guard.refuse(
      `outside authority ${row.outside_authority_id}`,
      'its key is wrapped by another tenant key',
    );
  const key = { tenant: wrappedKey(tenant), material: wrappedKey({ ...row, mac: row.key_mac }) };
  return {
    jwk: jwkOf(row.public_key),
    async sign(message) {
      const signature = await deps.hsm.signWith(key, { algorithm: 'ECDSA_SHA_256', message, isDigest: false });
      return coordinates(signature);
    },
  };
}

/** From DER (RFC 3279) to the form of JWS (RFC 7518 3.4). */
function coordinates(signature: Buffer): Buffer {
  const raw = Buffer.alloc(2 * COORDINATE_BYTES);
  const numbers = der.children(der.readOne(signature), der.TAG.sequence).map(der.positiveBytes);
  for (const [at, number] of numbers.entries()) number.copy(raw, (at + 1) * COORDINATE_BYTES - number.length);
  return raw;
}

/** Speaks for our account, whether the CA knows it yet or not. */
export async function clientFor(deps: PcaDeps, { row, settings, registered }: OutsideAuthority): Promise<AcmeClient> {
  return new AcmeClient(deps.outside.send, {
    directoryUrl: row.directory_url,
    trust: settings.trust ?? undefined,
    signer: await signerOf(deps, row),
    accountUrl: registered?.accountUrl,
  });
}

/** Opens the account, or tells the CA contacts that it does not know. */
export async function ensureAccount(deps: PcaDeps, authority: OutsideAuthority, client: AcmeClient): Promise<void> {
  const { row, settings, registered } = authority;
  const { contacts, termsAgreed } = settings;
  if (registered && JSON.stringify(registered.contacts) === JSON.stringify(contacts)) return;
  let accountUrl: string;
  if (registered) {
    accountUrl = registered.accountUrl;
    await client.updateContacts(accountUrl, contacts);
  } else {
    const binding = await openBinding(deps, authority);
    try {
      accountUrl = await client.register({ contacts, termsAgreed, binding });
    } finally {
      binding?.secret.fill(0);
    }
  }
  await remember(deps, row.outside_authority_id, { accountUrl, contacts });
}

/** The CA does not know the account any more: it is opened again with the next order. */
export function forgetAccount(deps: PcaDeps, { row }: OutsideAuthority): Promise<void> {
  return remember(deps, row.outside_authority_id, undefined);
}

async function openBinding(deps: PcaDeps, { row, settings }: OutsideAuthority) {
  const keyId = settings.bindingKeyId;
  if (keyId === null) return undefined;
  const { account_id: accountId, outside_authority_id: outsideAuthorityId } = row;
  const secret = await withTenant(deps, accountId, (tenant) =>
    deps.hsm.openSecret(tenant, outsideBindingAad({ accountId, outsideAuthorityId, keyId }), row.sealed_binding),
  );
  return { keyId, secret };
}

async function remember(deps: PcaDeps, id: string, registration: Registration | undefined): Promise<void> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const authority = await outsideAuthorityById(deps, id);
    if (!authority) return;
    const { row_mac, ...row } = authority.row;
    const registered = registration ? JSON.stringify(registration) : '';
    const next = await sealedOutsideAuthority(deps, { ...row, registered, version: row.version + 1 });
    const done = await deps.store.transaction(async (tx) => {
      if (!(await replaceOutsideAuthority(tx, next))) return false;
      await recordOutside(deps, tx, {
        operation: registration ? OutsideRecords.registered : OutsideRecords.forgotten,
        authority,
        caller: serviceCaller('pca'),
        facts: registration ? { AccountUrl: registration.accountUrl } : {},
      });
      return true;
    });
    if (done) return;
  }
  throw new ServiceError('Unavailable', `outside authority ${id} is changed by others all the time`, {
    details: { retryAfterSeconds: 1 },
  });
}
