import { type Change, change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  CreateOutsideAuthority,
  DeleteOutsideAuthority,
  DescribeOutsideAuthority,
  ListOutsideAuthorities,
  UpdateOutsideAuthority,
} from '../../api/outside/authorities.ts';
import type { PcaDeps } from '../../deps.ts';
import { MAX_OUTSIDE_AUTHORITIES_PER_ACCOUNT } from '../../domain/limits.ts';
import { readAnchors } from '../../domain/outside/check-certificate.ts';
import type { OutsideSettings } from '../../domain/outside/rows.ts';
import { readPem } from '../../domain/x509/pem.ts';
import {
  countOutsideAuthorities,
  deleteOutsideAuthority,
  guardedOutsideAuthority,
  insertOutsideAuthority,
  listOutsideAuthorities,
  replaceOutsideAuthority,
} from '../../store/outside/authority-queries.ts';
import { countOpenOutsideOrders } from '../../store/outside/order-queries.ts';
import { type AnyCall, placeOf } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { newAccountKey, sealBindingSecret } from './account.ts';
import {
  OUTSIDE_TYPE,
  outsideConflict,
  readAuthority,
  resolveOutsideAuthority,
  sealedOutsideAuthority,
  showOutsideAuthority,
} from './authority-access.ts';
import { outsideUrl } from './client/https.ts';

const implement = implementFor<PcaDeps>();
const NOTHING = Buffer.alloc(0);

export const createOutsideAuthority = implement(CreateOutsideAuthority, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    requireDirectory(call, input.DirectoryUrl);
    const { accountId } = placeOf(call, deps);
    const id = deps.ids.uuidv7();
    const nothing: OutsideSettings = { contacts: [], termsAgreed: false, bindingKeyId: null, trust: null };
    const row = await sealedOutsideAuthority(deps, {
      outside_authority_id: id,
      account_id: accountId,
      name: input.Name ?? new URL(input.DirectoryUrl).hostname.replaceAll(/[^a-z0-9.-]/g, '-').slice(0, 64),
      directory_url: input.DirectoryUrl,
      settings: changedSettings(call, nothing, input),
      sealed_binding: (await sealedBinding(call, deps, { accountId, outsideAuthorityId: id }, input)) ?? NOTHING,
      ...(await newAccountKey(deps, accountId, id)),
      registered: '',
      created_at: call.now,
      version: 1,
    });
    const authority = readAuthority(deps, row);
    call.touches(authority.arn, OUTSIDE_TYPE, accountId);
    return change(async (tx) => {
      if ((await countOutsideAuthorities(tx, accountId)) >= MAX_OUTSIDE_AUTHORITIES_PER_ACCOUNT)
        throw call.fail('LimitExceeded', `account has ${MAX_OUTSIDE_AUTHORITIES_PER_ACCOUNT} outside authorities`);
      await insertOutsideAuthority(tx, row);
      return { OutsideAuthority: showOutsideAuthority(authority) };
    });
  },
});

export const describeOutsideAuthority = implement(DescribeOutsideAuthority, {
  resolve: (call, input, deps) => resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn),
  run: (_call, _input, authority) => ({ OutsideAuthority: showOutsideAuthority(authority) }),
});

export const listOutsideAuthoritiesOfAccount = implement(ListOutsideAuthorities, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const page = openPage(call, deps, input);
    const found = await listOutsideAuthorities(deps.store.read, call.caller.accountId, page);
    await deps.guard.verify(found.map(guardedOutsideAuthority));
    const { rows, ...end } = page.end(found, (row) => row.outside_authority_id);
    return { OutsideAuthorities: rows.map((row) => showOutsideAuthority(readAuthority(deps, row))), ...end };
  },
});

export const updateOutsideAuthority = implement(UpdateOutsideAuthority, {
  resolve: (call, input, deps) => resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn),
  async run(call, input, authority, deps) {
    const { row_mac, ...row } = authority.row;
    const of = { accountId: row.account_id, outsideAuthorityId: row.outside_authority_id };
    const next = await sealedOutsideAuthority(deps, {
      ...row,
      name: input.Name ?? row.name,
      settings: changedSettings(call, authority.settings, input),
      sealed_binding: (await sealedBinding(call, deps, of, input)) ?? row.sealed_binding,
      version: row.version + 1,
    });
    return change(async (tx) => {
      if (!(await replaceOutsideAuthority(tx, next))) throw outsideConflict(call, `outside authority ${authority.arn}`);
      return { OutsideAuthority: showOutsideAuthority(readAuthority(deps, next)) };
    });
  },
});

export const deleteOutsideAuthorityOfAccount = implement(DeleteOutsideAuthority, {
  resolve: (call, input, deps) => resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn),
  run(call, _input, { row, arn }): Change<undefined> {
    return change(async (tx) => {
      if ((await countOpenOutsideOrders(tx, row.outside_authority_id)) > 0)
        throw call.fail('InvalidState', `orders are under way at outside authority ${arn}`, {
          hint: 'CancelOutsideOrder gives one up; ListOutsideOrders shows them',
        });
      if (!(await deleteOutsideAuthority(tx, row))) throw outsideConflict(call, `outside authority ${arn}`);
      return undefined;
    });
  },
});

interface WantedSettings {
  Contacts?: string[] | undefined;
  ExternalAccountKeyId?: string | undefined;
  ExternalAccountKey?: string | undefined;
  TrustBundle?: string | undefined;
  TermsOfServiceAgreed?: boolean | undefined;
}

function changedSettings(call: AnyCall, before: OutsideSettings, wanted: WantedSettings): string {
  const { TrustBundle, ExternalAccountKeyId, ExternalAccountKey } = wanted;
  if ((ExternalAccountKeyId === undefined) !== (ExternalAccountKey === undefined))
    throw call.fail('InvalidArgs', 'ExternalAccountKeyId and ExternalAccountKey have to come together');
  if (TrustBundle !== undefined) requireBundle(call, TrustBundle);
  const settings: OutsideSettings = {
    contacts: wanted.Contacts ?? before.contacts,
    termsAgreed: wanted.TermsOfServiceAgreed ?? before.termsAgreed,
    bindingKeyId: ExternalAccountKeyId ?? before.bindingKeyId,
    trust: TrustBundle ?? before.trust,
  };
  return JSON.stringify(settings);
}

function requireBundle(call: AnyCall, pem: string): void {
  const blocks = readPem(pem, ['CERTIFICATE']);
  if (!blocks || blocks.length === 0 || readAnchors(blocks).length < blocks.length)
    throw call.fail('InvalidArgs', 'TrustBundle is not made of certificates in PEM that can be read', {
      hint: 'leave everything but the certificates of authorities away',
    });
}

function requireDirectory(call: AnyCall, url: string): void {
  try {
    outsideUrl(url);
  } catch {
    throw call.fail('InvalidArgs', 'DirectoryUrl is not an https URL');
  }
}

/** SECURITY: the key is in the clear in one Buffer, which is zeroed. */
async function sealedBinding(
  call: AnyCall,
  deps: PcaDeps,
  of: { accountId: string; outsideAuthorityId: string },
  { ExternalAccountKeyId: keyId, ExternalAccountKey: key }: WantedSettings,
): Promise<Buffer | undefined> {
  if (keyId === undefined || key === undefined) return undefined;
  const secret = Buffer.from(key, 'base64url');
  try {
    if (secret.toString('base64url') !== key.replace(/=+$/, ''))
      throw call.fail('InvalidArgs', 'ExternalAccountKey is not base64url');
    return await sealBindingSecret(deps, { ...of, keyId }, secret);
  } finally {
    secret.fill(0);
  }
}
