/** What a record keeps of the organization: the revision and the levels that bound, so that it can be replayed. */
import type { Level } from '../../policies/engine/index.ts';
import type { CheckResult } from '../authz/authorize.ts';
import type { OrganizationSnapshot } from '../authz/organization-snapshot.ts';
import { quote } from '../contract/quote.ts';

/** JSON of the levels of an account, which stay the same object for a revision of the organization. */
const recorded = new WeakMap<readonly Level[], string>();

/** From the root down: `{"id":...,"policies":["p-examplepolicy@version",...]}` of each. */
export function levelsOf(levels: readonly Level[] | undefined): string | undefined {
  if (!levels) return undefined;
  let known = recorded.get(levels);
  if (known === undefined) {
    known = quote(levels.map(({ id, set }) => ({ id, policies: set.policies.map(({ source }) => nameOf(source)) })));
    recorded.set(levels, known);
  }
  return known;
}

/** The id is the end of the ARN. */
function nameOf({ arn, version }: { arn: string; version?: string }): string {
  return `${arn.slice(arn.lastIndexOf('/') + 1)}@${version}`;
}

/** Undefined where there is no organization. The levels of the caller are those of every check. */
export function organizationOf(
  organization: OrganizationSnapshot | undefined,
  check: CheckResult | undefined,
): string | undefined {
  if (organization?.id === undefined) return undefined;
  const scp = levelsOf(check?.guardrails?.scp);
  const levels = scp === undefined ? '' : `,"scp":${scp}`;
  return `{"id":${quote(organization.id)},"revision":${organization.revision}${levels}}`;
}

export function observedOf(checks: readonly CheckResult[]): string | undefined {
  if (!checks.some(({ observed = [] }) => observed.length > 0)) return undefined;
  const denials = checks.flatMap(({ observed }) => observed ?? []);
  const told = denials.map(({ layer, level, policyId, statement }) => ({
    layer,
    level: { id: level.id, name: level.name },
    policyId,
    statement: {
      index: statement.index,
      policyArn: statement.policyArn,
      sid: statement.sid,
      version: statement.version,
    },
  }));
  return quote(told);
}
