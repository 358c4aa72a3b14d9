/** Managed policies of an account: whether they allow everything, and how often they are attached. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { type ArnScope, policyArn } from '../../domain/names.ts';
import { allowsEverything } from '../../domain/wide-policy.ts';
import { usageOf } from '../attachments.ts';
import type { Db, PolicyRow } from '../db.ts';
import { versionOf } from '../policies.ts';
import { tagsOfOwners } from './permissions.ts';

export async function policyItems(
  db: Db,
  scope: ArnScope,
  policies: readonly PolicyRow[],
): Promise<ConfigurationItem[]> {
  if (policies.length === 0) return [];
  const arnOf = (policy: PolicyRow) => policyArn(scope, policy.path, policy.name);
  const usage = await usageOf(db, scope.accountId, policies.map(arnOf));
  const tags = await tagsOfOwners(
    db,
    policies.map((policy) => policy.policy_id),
  );
  const items: ConfigurationItem[] = [];
  for (const policy of policies) {
    const version = await versionOf(db, policy.policy_id, policy.default_version);
    const used = usage.get(arnOf(policy));
    items.push({
      Arn: arnOf(policy),
      Type: 'iam:policy',
      AccountId: policy.account_id,
      Name: policy.name,
      CreatedAt: policy.created_at,
      Tags: tags.get(policy.policy_id) ?? {},
      Configuration: JSON.stringify({
        policyId: policy.policy_id,
        name: policy.name,
        path: policy.path,
        enterpriseProject: policy.enterprise_project_id,
        defaultVersion: `v${policy.default_version}`,
        attachmentCount: used?.attachments ?? 0,
        boundaryCount: used?.boundaries ?? 0,
        ...(version && { allowsEverything: allowsEverything(version.document) }),
      }),
      Deleted: false,
    });
  }
  return items;
}
