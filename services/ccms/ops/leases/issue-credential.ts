/**
 * A user at a target, and the lease it lives by.
 *
 * INVARIANT: the lease is committed before the user is made, so no crash leaves a user that no lease knows. The user
 * counts from the commit that also holds the record; until then it is one that may have to be ended. The password is
 * in the answer and nowhere else.
 */
import type { ServiceError } from '../../../../platform/contract/error.ts';
import { type Call, change, implementFor } from '../../../../platform/runtime/call.ts';
import { IssueCredential } from '../../api/leases.ts';
import type { CcmsDeps } from '../../deps.ts';
import { capCheck, databaseExpiry, ISSUING_MS, issued, issuing, revoking } from '../../domain/leases/lease.ts';
import { type LeaseRow, leaseColumns, leaseOf } from '../../domain/leases/rows.ts';
import { leaseUsername, RANDOM_CHARACTERS } from '../../domain/leases/username.ts';
import { buildPassword, drawFrom, planPassword } from '../../domain/password.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import { countOpen, insertLease, replaceLease } from '../../store/lease-queries.ts';
import { lockRole } from '../../store/role-queries.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { revokeOne } from '../../targets/each-user.ts';
import type { DynamicTarget } from '../../targets/port.ts';
import type { AnyCall } from '../secret-access.ts';
import { missingTarget } from '../targets/target-access.ts';
import { targetFailed } from '../targets/test-login.ts';
import { askedColumn } from './asked.ts';
import { atTarget } from './dynamic-access.ts';

import { resolveRole } from './role-access.ts';

const implement = implementFor<CcmsDeps>();
type Issue = Call<typeof IssueCredential>;

/** Letters and digits: it goes into connection strings as it is. */
const PASSWORD = { PasswordLength: 40, ExcludePunctuation: true, RequireEachIncludedType: true } as const;
const LETTERS_AND_DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** A draw takes two bytes, rarely four. */
const RANDOM_BYTES = 1024;

export const issueCredential = implement(IssueCredential, {
  resolve: (call, input, deps) =>
    resolveRole(call, deps, input.Role, (role) => ({ conditions: ttlConditions(input, role) })),

  async run(call, input, role, deps) {
    const { row } = role;
    const ttl = input.TtlSeconds ?? row.default_ttl_seconds;
    if (ttl > row.max_ttl_seconds)
      throw call.fail('InvalidParameter', `users of role ${row.name} live for ${row.max_ttl_seconds} s at most`);
    const target = await deps.targets.byId(row.target_id);
    if (!target) throw missingTarget(call, row.target_id);
    try {
      return await atTarget(deps, target, role, (users) => issue(call, deps, { role, target, users, ttl }));
    } catch (error) {
      throw targetFailed(call, error);
    }
  },
});

/** What the request comes to, whether or not it names a time: a policy on it must not be got around by silence. */
export function ttlConditions(input: { TtlSeconds?: number | undefined }, role: CredentialRole | undefined) {
  const seconds = input.TtlSeconds ?? role?.row.default_ttl_seconds;
  return seconds === undefined ? [] : [['secretsmanager:LeaseTtlSeconds', String(seconds)] as const];
}

interface Wanted {
  role: CredentialRole;
  target: TargetRecord;
  users: DynamicTarget;
  ttl: number;
}

async function issue(call: Issue, deps: CcmsDeps, { role, target, users, ttl }: Wanted) {
  const random = await deps.hsm.random(RANDOM_BYTES);
  const below = drawFrom(random);
  const plan = planPassword(PASSWORD);
  if ('problem' in plan) throw new Error(plan.problem);
  const password = buildPassword(plan, below);
  try {
    const suffix = Array.from(
      { length: RANDOM_CHARACTERS },
      () => LETTERS_AND_DIGITS[below(LETTERS_AND_DIGITS.length)],
    );
    const begun = await begin(call, deps, role, ttl, (createdAt) =>
      leaseUsername(
        { principal: nameOf(call), role: role.row.name, random: suffix.join(''), createdAt },
        users.maxUsernameLength,
      ),
    );
    const lease = leaseOf(begun);
    try {
      await users.create({ username: begun.username, password }, databaseExpiry(lease), deps.clock.now());
    } catch (error) {
      // Whether there is a user now is not known: somebody else finds out, the caller need not wait for it.
      await giveUp(deps, begun);
      throw error;
    }
    if (await cameTooLate(deps, begun)) {
      await revokeOne(users, begun.username);
      throw tooLate(call);
    }
    const outcome = issued(lease);
    if ('refused' in outcome) throw tooLate(call);
    const [active] = await deps.leases.next([{ from: begun, to: outcome.lease }], deps.clock.now());
    const output = {
      LeaseId: begun.lease_id,
      Username: begun.username,
      Password: password.toString('latin1'),
      Host: target.endpoints[0]?.Host ?? '',
      Port: target.endpoints[0]?.Port ?? 0,
      ...(target.row.database !== '' && { Database: target.row.database }),
      Tls: target.tls.Mode === 'verify',
      ExpiresAt: lease.expiresAt,
      Renewable: lease.expiresAt < lease.maxExpiresAt,
      MaxExpiresAt: lease.maxExpiresAt,
    };
    return change(async (tx) => {
      // Somebody ends it already: then it has never been, and whoever ends it looks again when no issue is that slow.
      if (!(await replaceLease(tx, active!))) throw tooLate(call);
      return output;
    });
  } finally {
    random.fill(0);
    password.fill(0);
  }
}

/** Commits that there may be a user of this name from now on. */
async function begin(
  call: Issue,
  deps: CcmsDeps,
  { row: role }: CredentialRole,
  ttl: number,
  usernameAt: (now: number) => string,
): Promise<LeaseRow> {
  const { caller, origin } = call;
  const now = deps.clock.now();
  const untilSessionEnds = caller.session ? caller.session.expiresAt - now : Number.POSITIVE_INFINITY;
  const lease = issuing(usernameAt(now), now, ttl * 1000, Math.min(role.max_ttl_seconds * 1000, untilSessionEnds));
  const [row] = await deps.leases.seal([
    {
      lease_id: deps.ids.uuidv7(),
      account_id: role.account_id,
      role_id: role.role_id,
      target_id: role.target_id,
      principal_id: caller.principalId,
      principal_arn: caller.arn,
      entity_id: caller.entityId ?? caller.principalId,
      session_id: caller.session?.id ?? null,
      request_id: origin.requestId,
      asked: askedColumn(caller, origin, ttl),
      ...leaseColumns(lease, now),
      failure: null,
      forgotten: 0,
      version: 1,
    },
  ]);
  const caps = { perRole: role.max_leases, perPrincipal: role.max_leases_per_principal };
  await deps.store.transaction(async (tx) => {
    if (!(await lockRole(tx, role.role_id)))
      throw call.fail('Conflict', `credential role ${role.name} is being deleted`);
    const open = {
      perRole: await countOpen(tx, role.role_id),
      // Not by session: whoever takes on a role chooses the names of its sessions.
      perPrincipal: await countOpen(tx, role.role_id, row!.entity_id),
    };
    const check = capCheck(open, caps);
    if (check === 'role-full' || check === 'principal-full') throw full(call, role.name, check, caps);
    if (check === 'warn') deps.log.warn({ role: role.name, open, caps }, 'a cap on leases is nearly reached');
    await insertLease(tx, row!);
  });
  return row!;
}

function full(call: Issue, role: string, check: 'role-full' | 'principal-full', caps: Record<string, number>) {
  const message =
    check === 'role-full'
      ? `role ${role} has ${caps.perRole} leases, as many as it may`
      : `the caller has ${caps.perPrincipal} leases of role ${role}, as many as one principal may`;
  return call.fail('LimitExceeded', message, {
    hint: 'revoke leases that are not needed any more, renew instead of issuing, or raise the cap of the role',
  });
}

async function giveUp(deps: CcmsDeps, begun: LeaseRow): Promise<void> {
  const outcome = revoking(leaseOf(begun), 'not-issued', deps.clock.now());
  if ('refused' in outcome) return;
  // Without it the lease counts as abandoned after half a minute.
  await deps.leases.take({ from: begun, to: outcome.lease }, deps.clock.now()).catch(() => undefined);
}

async function cameTooLate(deps: CcmsDeps, begun: LeaseRow): Promise<boolean> {
  if (deps.clock.now() - begun.created_at >= ISSUING_MS) return true;
  const now = await deps.leases.byId(begun.lease_id);
  return now === undefined || now.version !== begun.version;
}

function tooLate(call: AnyCall): ServiceError {
  return call.fail('Conflict' as never, 'the lease was ended while its user was being made', {
    hint: 'ask again if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}

/** What logs of the database show of the principal. */
function nameOf({ caller }: AnyCall): string {
  return caller.userName ?? caller.arn.slice(Math.max(caller.arn.lastIndexOf('/'), caller.arn.lastIndexOf(':')) + 1);
}
