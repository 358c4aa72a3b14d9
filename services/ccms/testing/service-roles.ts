/** Roles that let the vault in, as iam knows them: who they are and which sessions are open. */
import { createHash } from 'node:crypto';
import type { PrincipalSnapshot, SessionSnapshot } from '../../../platform/authz/principal.ts';
import { DEFAULT_PROJECT } from '../../../platform/contract/enterprise-project.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { CcmsClients } from '../deps.ts';

type Iam = Pick<CcmsClients['iam'], 'DescribeServiceRole' | 'OpenServiceSession'>;

export class ServiceRoles implements Iam {
  readonly sessions = new Map<string, SessionSnapshot>();
  /** How often a session was opened. */
  opened = 0;
  private readonly roles = new Map<string, { entityId: string; trusted: boolean }>();
  private readonly principals: Map<string, PrincipalSnapshot>;
  private readonly now: () => number;

  constructor(principals: Map<string, PrincipalSnapshot>, now: () => number) {
    this.principals = principals;
    this.now = now;
  }

  /** Makes the role, or makes it anew with other policies. Answers its ARN. */
  set(name: string, policy: object, accountId: string, trusted = true): string {
    const arn = `arn:aws:iam::${accountId}:role/${name}`;
    const hash = createHash('sha256').update(arn).digest('hex').toUpperCase();
    const entityId = `AROA${hash.slice(0, 17)}`;
    this.roles.set(arn, { entityId, trusted });
    this.principals.set(entityId, {
      Arn: arn,
      AccountId: accountId,
      Kind: 'role',
      PrincipalId: entityId,
      RoleName: name,
      Tags: {},
      Policies: [
        {
          Arn: `arn:aws:iam::${accountId}:role-policy/${name}/test`,
          Version: hash.slice(0, 16),
          Name: 'test',
          Kind: 'identity',
          Document: JSON.stringify(policy),
        },
      ],
      ActiveAccessKeyIds: [],
      Version: 1,
    });
    return arn;
  }

  DescribeServiceRole: Iam['DescribeServiceRole'] = async ({ RoleArn, SourceArn }) => {
    const role = this.find(RoleArn, SourceArn);
    if (!role) return {};
    return { Role: { Arn: RoleArn, EnterpriseProjectId: DEFAULT_PROJECT, Tags: {}, Trusted: role.trusted } };
  };

  OpenServiceSession: Iam['OpenServiceSession'] = async ({ RoleArn, RoleSessionName, SourceArn }) => {
    const role = this.find(RoleArn, SourceArn);
    if (!role) throw new ServiceError('NotFound', `role ${RoleArn} does not exist in the account of the resource`);
    if (!role.trusted) throw new ServiceError('AccessDenied', `${RoleArn} does not let the vault in`);
    this.opened++;
    const { entityId } = role;
    const accountId = SourceArn.split(':')[4] as string;
    const SessionId = `ASIA${String(this.opened).padStart(16, '0')}`;
    this.sessions.set(SessionId, {
      SessionId,
      EntityId: entityId,
      AccountId: accountId,
      Accounts: [accountId],
      Name: RoleSessionName,
      Tags: {},
      TransitiveTagKeys: [],
    });
    return {
      Arn: `arn:aws:sts::${accountId}:assumed-role/${RoleArn.split('/').at(-1)}/${RoleSessionName}`,
      AccountId: accountId,
      PrincipalId: `${entityId}:${RoleSessionName}`,
      EntityId: entityId,
      SessionId,
      IssuedAt: this.now(),
      ExpiresAt: this.now() + 900_000,
    };
  };

  private find(roleArn: string, sourceArn: string) {
    return roleArn.split(':')[4] === sourceArn.split(':')[4] ? this.roles.get(roleArn) : undefined;
  }
}
