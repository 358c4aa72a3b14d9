import { change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  DeactivateAcmeAccount,
  DescribeAcmeAccount,
  ListAcmeAccounts,
  ListAcmeOrders,
} from '../../api/acme/accounts.ts';
import type { PcaDeps } from '../../deps.ts';
import { atTime } from '../../domain/acme/order.ts';
import type { AcmeAccountRow, OrderRow } from '../../domain/acme/rows.ts';
import {
  guardedAccount,
  guardedOrder,
  listAccounts,
  listOrders,
  replaceAccount,
} from '../../store/acme/account-queries.ts';
import { type AnyCall, conflict } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { accountById, changedAccount, contactsOf } from './account-rows.ts';
import { type Directory, resolveDirectory } from './directory-access.ts';
import { readBody } from './order-rows.ts';

const implement = implementFor<PcaDeps>();

export const listAcmeAccounts = implement(ListAcmeAccounts, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, { row }, deps) {
    const page = openPage(call, deps, input, row.directory_id);
    const found = await listAccounts(deps.store.read, row.directory_id, page);
    await deps.guard.verify(found.map(guardedAccount));
    const { rows, ...end } = page.end(found, ({ acme_account_id }) => acme_account_id);
    return { Accounts: rows.map(showAccount), ...end };
  },
});

export const describeAcmeAccount = implement(DescribeAcmeAccount, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, directory, deps) {
    return { Account: showAccount(await requireAccount(call, deps, directory, input.AcmeAccountId)) };
  },
});

export const deactivateAcmeAccount = implement(DeactivateAcmeAccount, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, directory, deps) {
    const account = await requireAccount(call, deps, directory, input.AcmeAccountId);
    if (account.state !== 'valid')
      throw call.fail('InvalidState', `ACME account ${account.acme_account_id} is ${account.state}`);
    const revoked = await changedAccount(deps, account, { state: 'revoked' });
    return change(async (tx) => {
      if (!(await replaceAccount(tx, revoked))) throw conflict(call, directory.authority);
      return undefined;
    });
  },
});

export const listAcmeOrders = implement(ListAcmeOrders, {
  resolve: (call, input, deps) => resolveDirectory(call, deps, input),
  async run(call, input, { row, authority }, deps) {
    const page = openPage(call, deps, input, [row.directory_id, input.AcmeAccountId ?? null]);
    const of = { directoryId: row.directory_id, acmeAccountId: input.AcmeAccountId };
    const found = await listOrders(deps.store.read, of, page);
    await deps.guard.verify(found.map(guardedOrder));
    const { rows, ...end } = page.end(found, ({ order_id }) => order_id);
    return { Orders: rows.map((order) => showOrder(order, call.now)), ...end };
    function showOrder(order: OrderRow, now: number) {
      const { status, authorizations, certificate, error, expiresAt } = atTime(readBody(order), now);
      return {
        OrderId: order.order_id,
        AcmeAccountId: order.acme_account_id,
        Status: status,
        Identifiers: authorizations.map(({ identifier: { type, value } }) => `${type}:${value}`),
        ...(certificate !== undefined && { CertificateArn: `${authority.arn}/certificate/${certificate}` }),
        ...(error && { Problem: error.detail.slice(0, 4096) }),
        ExpiresAt: expiresAt,
        CreatedAt: order.created_at,
      };
    }
  },
});

async function requireAccount(
  call: AnyCall,
  deps: PcaDeps,
  { row }: Directory,
  accountId: string,
): Promise<AcmeAccountRow> {
  const account = await accountById(deps, row.directory_id, accountId);
  if (account) return account;
  throw call.fail('NotFound', `ACME account ${accountId} does not exist in the directory`, {
    hint: 'ListAcmeAccounts shows those of the directory',
  });
}

function showAccount(row: AcmeAccountRow) {
  return {
    AcmeAccountId: row.acme_account_id,
    PrincipalArn: row.principal_arn,
    State: row.state,
    Contacts: contactsOf(row),
    KeyThumbprint: row.thumbprint,
    ...(row.binding_key_id !== null && { ExternalAccountKeyId: row.binding_key_id }),
    CreatedAt: row.created_at,
  };
}
