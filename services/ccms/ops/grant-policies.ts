import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { orDamaged } from '../../../platform/store/damaged.ts';
import { DescribeGrantPolicies, type GrantPolicy } from '../api/grant-policies.ts';
import type { CcmsDeps } from '../deps.ts';
import { grantArn, grantDocument } from '../domain/grant.ts';
import { secretOfArn } from './secret-of-arn.ts';

const implement = implementFor<CcmsDeps>();

export const describeGrantPolicies = implement(DescribeGrantPolicies, {
  resolve: noResource,
  async run(_call, { AccountId, ResourceArns }, _state, deps) {
    const Grants: GrantPolicy[] = [];
    const Unknown: string[] = [];
    for (const ResourceArn of new Set(ResourceArns)) {
      const secret = await secretOfArn(deps, ResourceArn);
      // Of another account's damaged secret nobody may learn; nothing allows it.
      if (secret === 'damaged') Unknown.push(ResourceArn);
      if (!secret || secret === 'damaged' || !('arn' in secret)) continue;
      const found = await orDamaged(async () => deps.grants.of(secret, { accountId: AccountId }));
      if (found === 'damaged') Unknown.push(ResourceArn);
      else {
        for (const { row } of found)
          Grants.push({
            ResourceArn,
            GrantArn: grantArn(row),
            GrantId: row.grant_id,
            GranteePrincipal: row.grantee,
            GranteeId: row.grantee_id,
            Policy: grantDocument(row, secret.stages),
          });
      }
    }
    return { Grants, Unknown };
  },
});
