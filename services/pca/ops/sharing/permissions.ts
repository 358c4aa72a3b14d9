import { change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  CreatePermission,
  DeletePermission,
  ListPermissions,
  type PERMITTED_ACTIONS,
} from '../../api/sharing/permissions.ts';
import type { PcaDeps } from '../../deps.ts';
import { MAX_PERMISSIONS_PER_AUTHORITY } from '../../domain/limits.ts';
import { type PermissionRow, permissionRowBytes } from '../../domain/rows.ts';
import {
  countPermissions,
  deletePermission,
  insertPermission,
  listPermissions,
} from '../../store/sharing/permission-queries.ts';
import { type AnyCall, requireState, resolveAuthority } from '../authority-access.ts';
import { openPage } from '../page.ts';

const implement = implementFor<PcaDeps>();
/** AWS knows no other. */
const PRINCIPAL = 'acm.amazonaws.com';

function requirePrincipal(call: AnyCall, principal: string): void {
  if (principal === PRINCIPAL) return;
  throw call.fail('RequestFailed', `permissions are for ${PRINCIPAL} only, not for ${principal}`, {
    hint: 'PutPolicy lets in everybody else',
  });
}

export const createPermission = implement(CreatePermission, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    requireState(call, 'Tag', record);
    requirePrincipal(call, input.Principal);
    const unsealed = {
      authority_id: record.row.authority_id,
      principal: input.Principal,
      source_account: input.SourceAccount ?? call.caller.accountId,
      actions: JSON.stringify([...new Set(input.Actions)].sort()),
      created_at: call.now,
    };
    const [row_mac] = await deps.guard.seal([permissionRowBytes(unsealed)]);
    return change(async (tx) => {
      if ((await countPermissions(tx, unsealed.authority_id)) >= MAX_PERMISSIONS_PER_AUTHORITY)
        throw call.fail('LimitExceeded', `the authority has ${MAX_PERMISSIONS_PER_AUTHORITY} permissions`);
      if (!(await insertPermission(tx, { ...unsealed, row_mac: row_mac! })))
        throw call.fail(
          'PermissionAlreadyExists',
          `${input.Principal} has a permission for ${unsealed.source_account}`,
          {
            hint: 'DeletePermission takes it back',
          },
        );
      return undefined;
    });
  },
});

export const listPermissionsOfAuthority = implement(ListPermissions, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    requireState(call, 'Tag', record);
    const page = openPage(call, deps, input, record.arn);
    const found = await listPermissions(deps.store.read, record.row.authority_id, page.after, page.limit + 1);
    await deps.guard.verify(
      found.map((row) => ({
        name: `permission for ${row.source_account} of ${row.authority_id}`,
        data: permissionRowBytes(row),
        mac: row.row_mac,
      })),
    );
    const { rows, ...end } = page.end(found, (row) => row.source_account);
    const Policy = record.row.policy;
    return { Permissions: rows.map((row) => ({ ...show(record.arn, row), ...(Policy && { Policy }) })), ...end };
  },
});

function show(arn: string, row: PermissionRow) {
  return {
    CertificateAuthorityArn: arn,
    CreatedAt: row.created_at,
    Principal: row.principal,
    SourceAccount: row.source_account,
    Actions: JSON.parse(row.actions) as (typeof PERMITTED_ACTIONS)[number][],
  };
}

export const deletePermissionOfAuthority = implement(DeletePermission, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record) {
    requireState(call, 'Tag', record);
    requirePrincipal(call, input.Principal);
    const source_account = input.SourceAccount ?? call.caller.accountId;
    const of = { authority_id: record.row.authority_id, principal: input.Principal, source_account };
    return change(async (tx) => {
      if (!(await deletePermission(tx, of)))
        throw call.fail('NotFound', `${input.Principal} has no permission for ${source_account}`, {
          hint: 'ListPermissions shows those there are',
        });
      return undefined;
    });
  },
});
