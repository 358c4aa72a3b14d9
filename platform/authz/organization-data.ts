/** The organization at one revision as the org service answers it (`GetOrganizationView`). Member names are its own. */

export type GuardrailType = 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY';
export type AccountState = 'PENDING_ACTIVATION' | 'ACTIVE' | 'SUSPENDED' | 'PENDING_CLOSURE' | 'CLOSED';

export interface OrganizationAccount {
  readonly Id: string;
  /** Absent: it stands alone. */
  readonly ParentId?: string | undefined;
  readonly State: AccountState;
  readonly KeepCrossAccountUse: boolean;
}

export interface OrganizationPolicy {
  readonly Id: string;
  readonly Arn: string;
  readonly Name: string;
  readonly Type: GuardrailType;
  /** Changes with the document. */
  readonly Version: string;
  readonly Document: string;
}

export interface OrganizationAttachment {
  /** Root, unit or account. */
  readonly TargetId: string;
  readonly PolicyId: string;
  readonly Mode: 'enforce' | 'observe';
}

export interface OrganizationData {
  readonly Revision: number;
  /** Absent: every account stands alone and no guardrail binds anybody. */
  readonly Organization?:
    | { readonly Id: string; readonly RootId: string; readonly ManagementAccountId: string }
    | undefined;
  readonly EnabledPolicyTypes: readonly GuardrailType[];
  readonly Units: readonly { readonly Id: string; readonly ParentId: string; readonly Name: string }[];
  /** Members, and accounts that stand alone but are not ACTIVE. */
  readonly Accounts: readonly OrganizationAccount[];
  readonly Policies: readonly OrganizationPolicy[];
  readonly Attachments: readonly OrganizationAttachment[];
}
