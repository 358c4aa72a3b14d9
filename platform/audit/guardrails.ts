/** What a record keeps of the organization: the revision and the levels that bound, so that it can be replayed. */
import type { Level } from '../../policies/engine/index.ts';
import type { CheckResult } from '../authz/authorize.ts';
import type { OrganizationSnapshot } from '../authz/organization-snapshot.ts';

interface RecordedLevel {
  id: string;
  /** `p-examplepolicy@version` of each. */
  policies: readonly string[];
}

/** The levels of an account stay the same object for a revision of the organization. */
const recorded = new WeakMap<readonly Level[], readonly RecordedLevel[]>();

/** From the root down. */
export function levelsOf(levels: readonly Level[] | undefined): readonly RecordedLevel[] | undefined {
  if (!levels) return undefined;
  let known = recorded.get(levels);
  if (!known) {
    known = levels.map(({ id, set }) => ({ id, policies: set.policies.map(({ source }) => nameOf(source)) }));
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
): { id: string; revision: number; scp: readonly RecordedLevel[] | undefined } | undefined {
  if (organization?.id === undefined) return undefined;
  return { id: organization.id, revision: organization.revision, scp: levelsOf(check?.guardrails?.scp) };
}

export function observedOf(checks: readonly CheckResult[]): readonly Record<string, unknown>[] | undefined {
  const observed = checks.flatMap((check) => check.observed ?? []);
  if (observed.length === 0) return undefined;
  return observed.map(({ layer, level, policyId, statement }) => ({
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
}
