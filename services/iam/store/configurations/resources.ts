/** What an account has besides identities and policies: second factors, enterprise projects, action namespaces. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { type ArnScope, namespaceArn, projectArn } from '../../domain/names.ts';
import { parseDefinition } from '../../domain/namespace.ts';
import type { Db, MfaDeviceRow, ProjectRow } from '../db.ts';
import type { NamespaceTable } from '../schema.ts';
import { iso, MOST_NAMES, tagsOfOwners } from './permissions.ts';

/** Never a seed. */
export async function deviceItems(db: Db, devices: readonly MfaDeviceRow[]): Promise<ConfigurationItem[]> {
  if (devices.length === 0) return [];
  const tags = await tagsOfOwners(
    db,
    devices.map((device) => device.serial),
  );
  return devices.map((device) => ({
    Arn: device.serial,
    Type: 'iam:mfa',
    AccountId: device.account_id,
    Name: device.serial.slice(device.serial.lastIndexOf('/') + 1),
    CreatedAt: device.created_at,
    Tags: tags.get(device.serial) ?? {},
    Configuration: JSON.stringify({
      kind: 'virtual',
      enterpriseProject: device.enterprise_project_id,
      // The id of a user, or of the account for its root user; null: it belongs to nobody.
      ownerId: device.owner_id,
      enabledAt: device.enabled_at === null ? null : iso(device.enabled_at),
    }),
    Deleted: false,
  }));
}

/** The default project is no row, and nothing can happen to it. */
export function projectItems(scope: ArnScope, projects: readonly ProjectRow[]): ConfigurationItem[] {
  return projects.map((project) => ({
    Arn: projectArn(scope, project.project_id),
    Type: 'iam:enterprise-project',
    AccountId: project.account_id,
    Name: project.name,
    CreatedAt: project.created_at,
    Tags: {},
    Configuration: JSON.stringify({
      projectId: project.project_id,
      name: project.name,
      description: project.description,
      enabled: project.enabled === 1,
    }),
    Deleted: false,
  }));
}

export function namespaceItems(
  scope: ArnScope & { region: string },
  namespaces: readonly NamespaceTable[],
): ConfigurationItem[] {
  return namespaces.map((namespace) => {
    const { Actions, ConditionKeys = [] } = parseDefinition(namespace.definition);
    return {
      Arn: namespaceArn(scope, namespace.name),
      Type: 'authz:namespace',
      AccountId: namespace.account_id,
      Name: namespace.name,
      CreatedAt: namespace.created_at,
      Tags: {},
      Configuration: JSON.stringify({
        name: namespace.name,
        enterpriseProject: namespace.enterprise_project_id,
        actions: Actions.slice(0, MOST_NAMES).map(({ Name }) => Name),
        conditionKeys: ConditionKeys,
      }),
      Deleted: false,
    };
  });
}
