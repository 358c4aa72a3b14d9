/** An organization made of data, followed by a real view: what tests of guardrails and account states drive. */
import { pino } from 'pino';
import { ChangeHub, ORGANIZATION } from '../../runtime/change-hub.ts';
import type { OrganizationFeed, OrganizationNews } from '../organization.ts';
import { OrganizationView } from '../organization.ts';
import type {
  AccountState,
  GuardrailType,
  OrganizationAttachment,
  OrganizationData,
  OrganizationPolicy,
} from '../organization-data.ts';

export const MANAGEMENT = '999988887777';
export const ORG = 'o-abcdefghij';
export const ROOT = 'r-ab12';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };

const FULL_ACCESS = {
  SERVICE_CONTROL_POLICY: { Id: 'p-FullAWSAccess', Name: 'FullAWSAccess' },
  RESOURCE_CONTROL_POLICY: { Id: 'p-RCPFullAWSAccess', Name: 'RCPFullAWSAccess' },
} as const;

export class TestOrganization implements OrganizationFeed {
  data: Mutable<OrganizationData> = {
    Revision: 0,
    EnabledPolicyTypes: [],
    Units: [],
    Accounts: [],
    Policies: [],
    Attachments: [],
  };
  readonly organization: OrganizationView;
  private readonly hub = new ChangeHub();
  /** Set: the org service cannot be reached. */
  away = false;
  reads = 0;

  constructor(clock: { now(): number }) {
    this.organization = new OrganizationView({ feed: this, clock, hub: this.hub, log: pino({ level: 'silent' }) });
  }

  async view(): Promise<OrganizationData> {
    if (this.away) throw new Error('away');
    this.reads++;
    return structuredClone(this.data);
  }

  async changes(since: number, waitMs: number): Promise<OrganizationNews> {
    const until = performance.now() + waitMs;
    while (!this.away && this.data.Revision === since && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
    if (this.away) throw new Error('away');
    return { revision: this.data.Revision };
  }

  /** Makes the organization with both policy types: full access everywhere. */
  create(): this {
    return this.edit((data) => {
      data.Organization = { Id: ORG, RootId: ROOT, ManagementAccountId: MANAGEMENT };
      data.EnabledPolicyTypes = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'];
      for (const Type of data.EnabledPolicyTypes) data.Policies.push(fullAccess(Type));
      this.open(ROOT);
      data.Accounts.push({ Id: MANAGEMENT, ParentId: ROOT, State: 'ACTIVE', KeepCrossAccountUse: false });
      this.open(MANAGEMENT);
    });
  }

  /** Another account takes the organization over. */
  managedBy(ManagementAccountId: string): this {
    return this.edit((data) => {
      data.Organization = { Id: ORG, RootId: ROOT, ManagementAccountId };
    });
  }

  unit(Id: string, ParentId: string = ROOT, Name = Id): this {
    return this.edit((data) => {
      data.Units.push({ Id, ParentId, Name });
      this.open(Id);
    });
  }

  account(Id: string, ParentId: string = ROOT): this {
    return this.edit((data) => {
      data.Accounts.push({ Id, ParentId, State: 'ACTIVE', KeepCrossAccountUse: false });
      this.open(Id);
    });
  }

  move(accountId: string, ParentId: string): this {
    return this.edit((data) => {
      data.Accounts = data.Accounts.map((a) => (a.Id === accountId ? { ...a, ParentId } : a));
    });
  }

  state(Id: string, State: AccountState, KeepCrossAccountUse = false): this {
    return this.edit((data) => {
      const known = data.Accounts.find((account) => account.Id === Id);
      data.Accounts = [
        ...data.Accounts.filter((account) => account !== known),
        { ...known, Id, State, KeepCrossAccountUse },
      ];
    });
  }

  /** A guardrail of these statements, attached to a root, unit or account. Its id is `p-<Name>`. */
  attach(
    type: 'scp' | 'rcp',
    TargetId: string,
    Name: string,
    statements: object[],
    Mode: OrganizationAttachment['Mode'] = 'enforce',
  ): this {
    return this.edit((data) => {
      const Type: GuardrailType = type === 'scp' ? 'SERVICE_CONTROL_POLICY' : 'RESOURCE_CONTROL_POLICY';
      const Document = JSON.stringify({ Version: '2012-10-17', Statement: statements });
      data.Policies = data.Policies.filter((policy) => policy.Name !== Name);
      data.Policies.push({
        Id: `p-${Name}`,
        Arn: guardrailArn(type, Name),
        Name,
        Type,
        Version: String(data.Revision),
        Document,
      });
      data.Attachments.push({ TargetId, PolicyId: `p-${Name}`, Mode });
    });
  }

  detach(TargetId: string, PolicyId: string): this {
    return this.edit((data) => {
      data.Attachments = data.Attachments.filter((a) => a.TargetId !== TargetId || a.PolicyId !== PolicyId);
    });
  }

  private open(TargetId: string): void {
    for (const { Id } of Object.values(FULL_ACCESS))
      this.data.Attachments.push({ TargetId, PolicyId: Id, Mode: 'enforce' });
  }

  private edit(change: (data: Mutable<OrganizationData>) => void): this {
    change(this.data);
    this.data.Revision++;
    return this.published();
  }

  /** As a commit of this process is: after `data` was set by hand. */
  published(): this {
    this.hub.publish(ORGANIZATION);
    return this;
  }
}

export function guardrailArn(type: 'scp' | 'rcp', name: string): string {
  const folder = type === 'scp' ? 'service_control_policy' : 'resource_control_policy';
  return `arn:aws:organizations::${MANAGEMENT}:policy/${ORG}/${folder}/p-${name}`;
}

export function fullAccess(Type: GuardrailType): OrganizationPolicy {
  const principal = Type === 'RESOURCE_CONTROL_POLICY' ? { Principal: '*' } : {};
  return {
    ...FULL_ACCESS[Type],
    Arn: `arn:aws:organizations::aws:policy/${Type.toLowerCase()}/${FULL_ACCESS[Type].Id}`,
    Type,
    Version: '1',
    Document: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', ...principal, Action: '*', Resource: '*' }],
    }),
  };
}
