/** Lists of leases, and ending or giving up all of a role, a target or a principal (break-glass). */
import { principalIds } from '../../../../platform/authz/named-principals.ts';
import { change, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import { ForgetLeases, ListLeases, PreviewRevokeLeases, RevokeLeases } from '../../api/leases.ts';
import type { CcmsDeps } from '../../deps.ts';
import { parseCredentialRole } from '../../domain/leases/credential-role.ts';
import { forgotten, revoking } from '../../domain/leases/lease.ts';
import { leaseOf } from '../../domain/leases/rows.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import {
  countByRole,
  countToRevoke,
  type LeaseFilter,
  listOpen,
  listLeases as listRows,
  listToRevoke,
  replaceLease,
} from '../../store/lease-queries.ts';
import type { LeaseStep } from '../../store/leases.ts';
import { openPage } from '../page.ts';
import { type AnyCall, placeOf } from '../secret-access.ts';
import { missingTarget } from '../targets/target-access.ts';
import { describedLeases } from './lease-access.ts';
import { missingRole, targetOfNoRole, targetOfRole, touchRole } from './role-access.ts';

const implement = implementFor<CcmsDeps>();

const AT_ONCE = 500;

interface Selection {
  Role?: string | undefined;
  Target?: string | undefined;
  Principal?: string | undefined;
}

/** Throws what the first name is that names nothing of the account. */
async function filterOf(call: AnyCall, deps: CcmsDeps, { Role, Target, Principal }: Selection): Promise<LeaseFilter> {
  const { accountId } = call.caller;
  const filter: LeaseFilter = { accountId };
  if (Role !== undefined) {
    const reference = parseCredentialRole(Role, placeOf(call, deps));
    const role = reference?.accountId === accountId && (await deps.roles.byName(accountId, reference.name));
    if (!role) throw missingRole(call);
    filter.roleId = role.row.role_id;
  }
  if (Target !== undefined) {
    const target = await deps.targets.byName(accountId, Target);
    if (!target) throw missingTarget(call, Target);
    filter.targetId = target.row.target_id;
  }
  if (Principal !== undefined) filter.principals = await idsOf(deps, Principal);
  return filter;
}

const OF_IAM = /^arn:[a-z-]+:iam::\d{12}:(?:user|role)\/.+$/;

/** Leases of a role's sessions are its own: they know the role by its unique id. */
async function idsOf(deps: CcmsDeps, principal: string): Promise<string[]> {
  if (!OF_IAM.test(principal)) return [principal];
  return [principal, ...(await principalIds(deps.clients.iam, [principal])).values()];
}

export const listLeases = implement(ListLeases, {
  resolve: () => ({ targets: [{ resource: '*' }], state: undefined }),
  async run(call, input, _state, deps) {
    const { Role, Target, Principal, State } = input;
    const filter = { ...(await filterOf(call, deps, { Role, Target, Principal })), state: State };
    const page = openPage<string>(call, deps, input, [Role, Target, Principal, State]);
    const found = await deps.leases.verified(await listRows(deps.store.read, filter, page.after, page.limit + 1));
    const { rows, ...end } = page.end(found, (row) => row.lease_id);
    return { Leases: await describedLeases(call, deps, rows), ...end };
  },
});

interface Chosen {
  filter: LeaseFilter;
  roles: ReadonlyMap<string, CredentialRole>;
}

/** Whose leases: the permission is needed on every role that has some. */
async function resolveChoice(call: AnyCall, deps: CcmsDeps, selection: Selection): Promise<Resolved<Chosen>> {
  const given = Object.values(selection).filter((value) => value !== undefined);
  const nothing = (absent: unknown) => ({
    targets: [targetOfNoRole(call, deps)],
    state: undefined as never,
    absent: absent as ReturnType<typeof missingRole>,
  });
  if (given.length !== 1)
    return nothing(call.fail('InvalidParameter' as never, 'exactly one of Role, Target and Principal is needed'));
  let filter: LeaseFilter;
  try {
    filter = await filterOf(call, deps, selection);
  } catch (error) {
    return nothing(error);
  }
  const counts = await countByRole(deps.store.read, { ...filter, isOpen: true });
  const ids = [...counts.map(({ roleId }) => roleId), ...(filter.roleId === undefined ? [] : [filter.roleId])];
  const roles = await deps.roles.byIds(ids);
  for (const role of roles.values()) touchRole(call, role);
  const targets = [...roles.values()].map((role) => targetOfRole(role));
  return { targets: targets.length > 0 ? targets : [targetOfNoRole(call, deps)], state: { filter, roles } };
}

const selectionOf = ({ Role, Target, Principal }: Selection) => ({ Role, Target, Principal });

export const previewRevokeLeases = implement(PreviewRevokeLeases, {
  resolve: (call, input, deps) => resolveChoice(call, deps, selectionOf(input)),
  async run(_call, _input, { filter, roles }, deps) {
    const counts = await countByRole(deps.store.read, { ...filter, isOpen: true });
    const sum = (rows: typeof counts) => rows.reduce((total, { count }) => total + count, 0);
    const Roles = [...roles.values()]
      .map(({ arn, row }) => ({ Role: arn, Leases: sum(counts.filter(({ roleId }) => roleId === row.role_id)) }))
      .filter(({ Leases }) => Leases > 0);
    const Ending = sum(counts.filter(({ state }) => state === 'REVOKING' || state === 'STUCK'));
    return { Leases: sum(counts), Ending, Roles };
  },
});

export const revokeLeases = implement(RevokeLeases, {
  resolve: (call, input, deps) => resolveChoice(call, deps, selectionOf(input)),
  async run(_call, _input, chosen, deps) {
    const total = await countToRevoke(deps.store.read, chosen.filter);
    const rows = await deps.leases.verified(await listToRevoke(deps.store.read, chosen.filter, AT_ONCE));
    const now = deps.clock.now();
    const steps = rows.flatMap((from): LeaseStep[] => {
      const outcome = revoking(leaseOf(from), 'break-glass', now);
      return isAuthorized(chosen, from.role_id) && 'lease' in outcome ? [{ from, to: outcome.lease }] : [];
    });
    const done = await all(deps, steps, now);
    return change(
      async (tx) => {
        const Revoking = await done(tx);
        return { Revoking, Remaining: Math.max(0, total - Revoking) };
      },
      () => deps.revoker.wake(),
    );
  },
});

export const forgetLeases = implement(ForgetLeases, {
  resolve: (call, input, deps) => resolveChoice(call, deps, { Target: input.Target }),
  async run(_call, _input, chosen, deps) {
    const counts = await countByRole(deps.store.read, { ...chosen.filter, isOpen: true });
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    const rows = await deps.leases.verified(await listOpen(deps.store.read, chosen.filter, AT_ONCE));
    const now = deps.clock.now();
    const steps = rows.flatMap((from): LeaseStep[] => {
      const outcome = forgotten(leaseOf(from), now);
      return isAuthorized(chosen, from.role_id) && 'lease' in outcome
        ? [{ from, to: outcome.lease, forgotten: true }]
        : [];
    });
    const done = await all(deps, steps, now);
    return change(async (tx) => {
      const Forgotten = await done(tx);
      return { Forgotten, Remaining: Math.max(0, total - Forgotten) };
    });
  },
});

/** SECURITY: a lease of a role that was not asked about, because it is younger than the question, is not touched. */
function isAuthorized({ roles }: Chosen, roleId: string): boolean {
  return roles.has(roleId);
}

/** Takes the steps that still can be taken, in the transaction; answers how many. */
async function all(deps: CcmsDeps, steps: readonly LeaseStep[], now: number) {
  const rows = steps.length === 0 ? [] : await deps.leases.next(steps, now);
  return async (tx: Parameters<typeof replaceLease>[0]): Promise<number> => {
    let count = 0;
    for (const row of rows) if (await replaceLease(tx, row)) count++;
    return count;
  };
}
