import { noResource } from '../../../../platform/runtime/call.ts';
import { GetPolicy, ListPolicies } from '../../api/policies.ts';
import type { IamDeps } from '../../deps.ts';
import { type ArnScope, policyArn } from '../../domain/names.ts';
import { usageOf } from '../../store/attachments.ts';
import type { Db } from '../../store/db.ts';
import { listPolicies as listRows } from '../../store/policies.ts';
import { tagsOf } from '../../store/tags.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutPolicy, type PolicyRef, scopeOf } from '../targets.ts';
import { showPolicy } from './view.ts';

export const getPolicy = implement(GetPolicy, {
  resolve: (call, input, deps) => aboutPolicy(call, deps, input.PolicyArn),
  async run(call, _input, policy, deps) {
    const db = deps.store.read;
    const usage = await usageOf(db, call.caller.accountId, [policy.arn]);
    const tags = policy.kind === 'own' ? await tagsOf(db, policy.policyId) : [];
    return { Policy: showPolicy(policy, usage.get(policy.arn), tags) };
  },
});

/** Position of a policy in the list: own ones first, then the shipped ones, each by name. */
const position = (ref: PolicyRef) => (ref.kind === 'own' ? `0${ref.row.name_key}` : `1${ref.policy.nameKey}`);

export const listPolicies = implement(ListPolicies, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const { Scope = 'All', PathPrefix = '/', OnlyAttached = false, PolicyUsageFilter } = input;
    const scope = scopeOf(call, deps);
    const page = openPage(deps, call, input, [Scope, PathPrefix, OnlyAttached, PolicyUsageFilter]);
    const wanted = (usage: { attachments: number; boundaries: number }) => {
      if (PolicyUsageFilter === 'PermissionsBoundary') return usage.boundaries > 0;
      if (PolicyUsageFilter === 'PermissionsPolicy') return usage.attachments > 0;
      return !OnlyAttached || usage.attachments + usage.boundaries > 0;
    };
    const found: { ref: PolicyRef; shown: ReturnType<typeof showPolicy> }[] = [];
    let { after } = page.range;
    for (;;) {
      const refs = await nextPolicies(deps.store.read, deps, scope, { Scope, PathPrefix }, after, page.range.limit);
      const usage = await usageOf(
        deps.store.read,
        scope.accountId,
        refs.map((ref) => ref.arn),
      );
      for (const ref of refs) {
        const used = usage.get(ref.arn) ?? { attachments: 0, boundaries: 0 };
        if (wanted(used)) found.push({ ref, shown: showPolicy(ref, used) });
      }
      const last = refs.at(-1);
      if (!last || refs.length < page.range.limit || found.length >= page.range.limit) break;
      after = position(last);
    }
    const { rows, output } = closePage(deps, page, found.slice(0, page.range.limit), (row) => position(row.ref));
    return { Policies: rows.map((row) => row.shown), ...output };
  },
});

async function nextPolicies(
  db: Db,
  deps: IamDeps,
  scope: ArnScope,
  filter: { Scope: string; PathPrefix: string },
  after: string | undefined,
  limit: number,
): Promise<PolicyRef[]> {
  const refs: PolicyRef[] = [];
  if (filter.Scope !== 'AWS' && !after?.startsWith('1')) {
    const rows = await listRows(db, scope.accountId, filter.PathPrefix, { after: after?.slice(1), limit });
    for (const row of rows)
      refs.push({ kind: 'own', arn: policyArn(scope, row.path, row.name), policyId: row.policy_id, row });
  }
  if (filter.Scope !== 'Local' && refs.length < limit) {
    const from = after?.startsWith('1') ? after.slice(1) : '';
    const shipped = deps.shipped.all.filter((p) => p.nameKey > from && p.path.startsWith(filter.PathPrefix));
    for (const policy of shipped.slice(0, limit - refs.length))
      refs.push({ kind: 'shipped', arn: policy.arn, policyId: null, policy });
  }
  return refs;
}
