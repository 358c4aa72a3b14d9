import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { change, implementFor } from '../../../../platform/runtime/call.ts';
import {
  CreateCredentialRole,
  DeleteCredentialRole,
  DescribeCredentialRole,
  ListCredentialRoles,
  UpdateCredentialRole,
} from '../../api/credential-roles.ts';
import type { CcmsDeps } from '../../deps.ts';
import {
  credentialRoleArn,
  limitsProblem,
  MAX_ROLES_PER_ACCOUNT,
  type RoleSettings,
  settingsProblem,
} from '../../domain/leases/credential-role.ts';
import { DEFAULT_CAPS } from '../../domain/leases/lease.ts';
import { PRIVILEGES } from '../../domain/rotation/privileges.ts';
import { assemble, type CredentialRole } from '../../store/credential-roles.ts';
import { countOpen } from '../../store/lease-queries.ts';
import { countRoles, deleteRole, insertRole, lockTarget, replaceRole } from '../../store/role-queries.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { requireOpenProject } from '../owned/open-project.ts';
import { openPage } from '../page.ts';
import { type AnyCall, placeOf } from '../secret-access.ts';
import { missingTarget } from '../targets/target-access.ts';
import { resolveRole, targetOfNoRole, touchRole, useOfTarget } from './role-access.ts';

const implement = implementFor<CcmsDeps>();

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

interface Changeable {
  Description?: string | undefined;
  ActAs?: string | undefined;
  Grants?: { Privileges: string[]; Database: string; Table?: string | undefined }[] | undefined;
  DefaultTtlSeconds?: number | undefined;
  MaxTtlSeconds?: number | undefined;
  MaxLeases?: number | undefined;
  MaxLeasesPerPrincipal?: number | undefined;
  ConnectionLimit?: number | undefined;
}

export const createCredentialRole = implement(CreateCredentialRole, {
  async resolve(call, input, deps) {
    const place = placeOf(call, deps);
    const project = input.EnterpriseProjectId ?? DEFAULT_PROJECT;
    const create = { ...targetOfNoRole(call, deps, {}, credentialRoleArn(place, input.Name)), project };
    const target = await deps.targets.byName(place.accountId, input.Target);
    if (target) return { targets: [create, useOfTarget(target)], state: target };
    return { targets: [create], state: undefined as never, absent: missingTarget(call, input.Target) };
  },
  async run(call, input, target: TargetRecord, deps) {
    const settings = settingsOf(call, target, input, undefined);
    const project = input.EnterpriseProjectId ?? DEFAULT_PROJECT;
    await requireOpenProject(call, deps, project);
    const { accountId, partition, region } = placeOf(call, deps);
    const maxTtl = input.MaxTtlSeconds ?? Math.max(DAY_SECONDS, input.DefaultTtlSeconds ?? 0);
    const maxLeases = input.MaxLeases ?? Math.max(DEFAULT_CAPS.perRole, input.MaxLeasesPerPrincipal ?? 0);
    const row = await deps.roles.seal(
      checked(call, {
        role_id: deps.ids.uuidv7(),
        account_id: accountId,
        partition,
        region,
        name: input.Name,
        description: input.Description ?? '',
        target_id: target.row.target_id,
        settings: JSON.stringify(settings),
        default_ttl_seconds: input.DefaultTtlSeconds ?? Math.min(HOUR_SECONDS, maxTtl),
        max_ttl_seconds: maxTtl,
        max_leases: maxLeases,
        max_leases_per_principal: input.MaxLeasesPerPrincipal ?? Math.min(DEFAULT_CAPS.perPrincipal, maxLeases),
        connection_limit: input.ConnectionLimit === 0 ? null : (input.ConnectionLimit ?? null),
        enterprise_project_id: project,
        created_at: call.now,
        changed_at: call.now,
        version: 1,
      }),
    );
    const role = assemble(row);
    touchRole(call, role);
    return change(async (tx) => {
      if ((await countRoles(tx, accountId)) >= MAX_ROLES_PER_ACCOUNT)
        throw call.fail('LimitExceeded', `account has ${MAX_ROLES_PER_ACCOUNT} credential roles`);
      if (!(await lockTarget(tx, target.row.target_id))) throw missingTarget(call, input.Target);
      if (!(await insertRole(tx, row)))
        throw call.fail('AlreadyExists', `credential role ${input.Name} exists`, { hint: 'choose another name' });
      return { CredentialRole: described(role, target) };
    });
  },
});

export const describeCredentialRole = implement(DescribeCredentialRole, {
  resolve: (call, input, deps) => resolveRole(call, deps, input.Role),
  async run(_call, _input, role, deps) {
    const { target_id, role_id } = role.row;
    const target = await deps.targets.byId(target_id);
    return { CredentialRole: described(role, target), OpenLeases: await countOpen(deps.store.read, role_id) };
  },
});

export const listCredentialRoles = implement(ListCredentialRoles, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const page = openPage<string>(call, deps, input);
    const found = await deps.roles.list(call.caller.accountId, page.after ?? '', page.limit + 1);
    const { rows, ...end } = page.end(found, (role) => role.row.name);
    const targets = await targetsById(deps, rows);
    return { CredentialRoles: rows.map((role) => described(role, targets.get(role.row.target_id))), ...end };
  },
});

export const updateCredentialRole = implement(UpdateCredentialRole, {
  async resolve(call, input, deps) {
    const resolved = await resolveRole(call, deps, input.Role);
    if (resolved.absent) return { ...resolved, state: undefined as never };
    const role = resolved.state;
    const target = await deps.targets.byId(role.row.target_id);
    const targets = target ? [...resolved.targets, useOfTarget(target)] : resolved.targets;
    const gone = target ? {} : { absent: missingTarget(call, role.row.target_id) };
    return { targets, state: { role, target }, ...gone };
  },
  async run(call, input, { role, target }: { role: CredentialRole; target: TargetRecord | undefined }, deps) {
    if (!target) throw missingTarget(call, role.row.target_id);
    const { row_mac, ...before } = role.row;
    const row = await deps.roles.seal(
      checked(call, {
        ...before,
        description: input.Description ?? before.description,
        settings: JSON.stringify(settingsOf(call, target, input, role.settings)),
        default_ttl_seconds: input.DefaultTtlSeconds ?? before.default_ttl_seconds,
        max_ttl_seconds: input.MaxTtlSeconds ?? before.max_ttl_seconds,
        max_leases: input.MaxLeases ?? before.max_leases,
        max_leases_per_principal: input.MaxLeasesPerPrincipal ?? before.max_leases_per_principal,
        connection_limit: input.ConnectionLimit === undefined ? before.connection_limit : input.ConnectionLimit || null,
        changed_at: call.now,
        version: before.version + 1,
      }),
    );
    return change(async (tx) => {
      if (!(await replaceRole(tx, row))) throw raced(call, role);
      return { CredentialRole: described(assemble(row), target) };
    });
  },
});

export const deleteCredentialRole = implement(DeleteCredentialRole, {
  resolve: (call, input, deps) => resolveRole(call, deps, input.Role),
  run(call, _input, role) {
    return change(async (tx) => {
      // Gone first: an issue that comes now finds no role, one that came before is counted.
      if (!(await deleteRole(tx, role.row))) throw raced(call, role);
      const open = await countOpen(tx, role.row.role_id);
      if (open > 0)
        throw call.fail('InvalidRequest', `credential role ${role.row.name} has ${open} leases with a user`, {
          hint: 'RevokeLeases ends them; ForgetLeases gives up those of a target that is gone',
        });
      return { ARN: role.arn, Name: role.row.name };
    });
  },
});

/** What is to be with what was, for the kind of database that the target is. */
function settingsOf(call: AnyCall, target: TargetRecord, input: Changeable, before: RoleSettings | undefined) {
  const isNew = input.ActAs !== undefined || input.Grants !== undefined;
  if (before && !isNew) return before;
  const problem = settingsProblem(target.row.engine, input);
  if (problem !== undefined) throw call.fail('InvalidParameter', problem);
  if (input.ActAs !== undefined) return { actAs: input.ActAs };
  const grants = (input.Grants ?? []).map(({ Privileges, Database, Table }) => ({
    privileges: Privileges,
    database: Database,
    ...(Table !== undefined && { table: Table }),
  }));
  const known: readonly string[] = PRIVILEGES;
  const unknown = grants.flatMap(({ privileges }) => privileges).find((privilege) => !known.includes(privilege));
  if (unknown !== undefined)
    throw call.fail('InvalidParameter', `privilege ${unknown} cannot be granted`, {
      hint: `choose from ${PRIVILEGES.join(', ')}`,
    });
  return { grants };
}

function checked<
  Row extends {
    default_ttl_seconds: number;
    max_ttl_seconds: number;
    max_leases: number;
    max_leases_per_principal: number;
  },
>(call: AnyCall, row: Row): Row {
  const problem = limitsProblem({
    defaultTtlSeconds: row.default_ttl_seconds,
    maxTtlSeconds: row.max_ttl_seconds,
    maxLeases: row.max_leases,
    maxLeasesPerPrincipal: row.max_leases_per_principal,
  });
  if (problem !== undefined) throw call.fail('InvalidParameter', problem);
  return row;
}

export function raced(call: AnyCall, { row }: CredentialRole) {
  return call.fail('Conflict', `credential role ${row.name} was changed by another request at the same time`, {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}

async function targetsById(deps: CcmsDeps, roles: readonly CredentialRole[]): Promise<Map<string, TargetRecord>> {
  const found = new Map<string, TargetRecord>();
  for (const { row } of roles) {
    if (found.has(row.target_id)) continue;
    const target = await deps.targets.byId(row.target_id);
    if (target) found.set(row.target_id, target);
  }
  return found;
}

function described({ row, arn, settings }: CredentialRole, target: TargetRecord | undefined) {
  return {
    ARN: arn,
    Name: row.name,
    Description: row.description,
    Target: target?.row.name ?? row.target_id,
    Engine: 'actAs' in settings ? ('postgres' as const) : ('mariadb' as const),
    ...('actAs' in settings
      ? { ActAs: settings.actAs }
      : {
          Grants: settings.grants.map(({ privileges, database, table }) => ({
            Privileges: privileges,
            Database: database,
            ...(table !== undefined && { Table: table }),
          })),
        }),
    DefaultTtlSeconds: row.default_ttl_seconds,
    MaxTtlSeconds: row.max_ttl_seconds,
    MaxLeases: row.max_leases,
    MaxLeasesPerPrincipal: row.max_leases_per_principal,
    ConnectionLimit: row.connection_limit ?? 0,
    EnterpriseProjectId: row.enterprise_project_id,
    CreatedDate: row.created_at,
    LastChangedDate: row.changed_at,
  };
}
