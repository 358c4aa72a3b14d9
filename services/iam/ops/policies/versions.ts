import { GetPolicyVersion, ListPolicyVersions } from '../../api/policies.ts';
import { parseVersionId } from '../../domain/names.ts';
import { versionOf, versionsOf } from '../../store/policies.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutPolicy } from '../targets.ts';
import { showShippedVersion, showVersion } from './view.ts';

export const versionMissing = (arn: string, version: string) =>
  `Policy ${arn} version ${version} does not exist or is not attachable.`;

export const getPolicyVersion = implement(GetPolicyVersion, {
  resolve: (call, input, deps) => aboutPolicy(call, deps, input.PolicyArn),
  async run(call, input, policy, deps) {
    const number = parseVersionId(input.VersionId);
    if (policy.kind === 'shipped' && number === 1) return { PolicyVersion: showShippedVersion(policy.policy.document) };
    const row =
      policy.kind === 'own' && number !== undefined
        ? await versionOf(deps.store.read, policy.policyId, number)
        : undefined;
    if (!row || policy.kind !== 'own') throw call.fail('NotFound', versionMissing(input.PolicyArn, input.VersionId));
    return { PolicyVersion: showVersion(row, policy.row.default_version) };
  },
});

export const listPolicyVersions = implement(ListPolicyVersions, {
  resolve: (call, input, deps) => aboutPolicy(call, deps, input.PolicyArn),
  async run(call, input, policy, deps) {
    const page = openPage(deps, call, input, policy.arn);
    if (policy.kind === 'shipped') return { Versions: [showShippedVersion()], IsTruncated: false };
    const below = page.range.after === undefined ? Number.POSITIVE_INFINITY : Number(page.range.after);
    const all = (await versionsOf(deps.store.read, policy.policyId)).filter((row) => row.version < below);
    const { rows, output } = closePage(deps, page, all.slice(0, page.range.limit), (row) => String(row.version));
    return { Versions: rows.map((row) => showVersion(row, policy.row.default_version)), ...output };
  },
});
